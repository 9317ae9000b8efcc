// What a verification is compared with from other days, and what it leaves for the next one.
import type { VerifyOptions } from '@stele/audit'
import type { KeptLog, KeptRun, VerifyReport } from '@stele/audit/report'
import { forgetKept, loadKept, loadKnown, saveKept } from './kept-store.ts'
import type { VerifyData } from './messages.ts'

/** What is remembered of a registry. */
export type Memory = {
  /** What the verification is given. */
  readonly options: Pick<VerifyOptions, 'kept' | 'known'>
  /** What was passed over, and what was forgotten. */
  readonly warnings: readonly string[]
  /** Forgets what it is to forget, then keeps what was verified. */
  readonly update: (report: VerifyReport, keep: KeptRun | undefined) => void
}

type MemoryData = Pick<VerifyData, 'source' | 'folders' | 'fresh' | 'forget' | 'since'>

/**
 * Opens it. A log is remembered by its origin, and by the address it was served at: a server can serve any origin. What was read
 * of it is remembered for each place, folders too: another copy has other bytes.
 */
export function openMemory({ source, folders, fresh, forget, since }: MemoryData): Memory {
  const warnings: string[] = []
  const warn = (warning: string): void => void warnings.push(warning)
  const place = source.kind === 'http' ? source.root : source.path
  const known = source.kind === 'http' ? loadKnown(folders, place, warn) : undefined
  const kept = (origin: string): KeptRun | undefined => {
    const run = loadKept(folders, { origin, place }, warn)
    if (run === undefined || !fresh) return run
    const { continuation: _continuation, ...rest } = run
    return rest
  }
  const forgetAll = ({ origin }: VerifyReport): void => {
    const logs = [
      known,
      origin === null ? undefined : loadKept(folders, { origin, place }, () => undefined)?.log,
    ]
    const origins = [known?.origin, origin].filter((one) => typeof one === 'string')
    forgetKept(folders, { origins, place })
    for (const text of new Set(logs.filter((log) => log !== undefined).map(describe))) {
      warn(`Forgotten, as --forget asks: ${text}`)
    }
  }
  const update = (report: VerifyReport, keep: KeptRun | undefined): void => {
    if (forget) forgetAll(report)
    if (keep === undefined || since !== undefined) return
    if (report.entriesNew > 0 || (report.contentsNew ?? 0) > 0 || report.known === null || fresh) {
      saveKept(folders, keep)
    }
  }
  const options = forget ? {} : { kept, ...(known === undefined ? {} : { known }) }
  return { options, warnings, update }
}

function describe({ origin, key, size, verifiedMs }: KeptLog): string {
  const day = new Date(verifiedMs).toISOString().slice(0, 10)
  return `the log "${origin}" with the key ${key}, ${size} entries, verified on ${day}`
}
