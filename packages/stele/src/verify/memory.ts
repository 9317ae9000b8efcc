// What a verification is compared with from other days, and what it leaves for the next one.
import type { VerifyOptions } from '@stele/audit'
import type { KeptLog, KeptRun, VerifyReport } from '@stele/audit/report'
import { forgetKept, loadKept, loadKnown, saveKept, saveKnown } from './kept-store.ts'
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

/** Opens it. A log is remembered by its origin, and by the address it was served at: a server can serve any origin. */
export function openMemory({ source, folders, fresh, forget, since }: MemoryData): Memory {
  const warnings: string[] = []
  const warn = (warning: string): void => void warnings.push(warning)
  const address = source.kind === 'http' ? source.root : undefined
  const known = address === undefined ? undefined : loadKnown(folders, address, warn)
  const kept = (origin: string): KeptRun | undefined => {
    const run = loadKept(folders, origin, warn)
    return run === undefined || !fresh ? run : { log: run.log }
  }
  const forgetAll = ({ origin }: VerifyReport): void => {
    const logs = [
      known,
      origin === null ? undefined : loadKept(folders, origin, () => undefined)?.log,
    ]
    const origins = [known?.origin, origin].filter((one) => typeof one === 'string')
    forgetKept(folders, { origins, ...(address === undefined ? {} : { address }) })
    for (const text of new Set(logs.filter((log) => log !== undefined).map(describe))) {
      warn(`Forgotten, as --forget asks: ${text}`)
    }
  }
  const update = (report: VerifyReport, keep: KeptRun | undefined): void => {
    if (forget) forgetAll(report)
    if (keep === undefined || since !== undefined) return
    const { log } = keep
    const isNew = report.entriesNew > 0 || report.known === null || fresh
    if (isNew) saveKept(folders, keep)
    const isKnown = !forget && known?.origin === log.origin && known.key === log.key
    if (address !== undefined && (isNew || !isKnown)) saveKnown(folders, address, log)
  }
  const options = forget ? {} : { kept, ...(known === undefined ? {} : { known }) }
  return { options, warnings, update }
}

function describe({ origin, key, size, verifiedMs }: KeptLog): string {
  const day = new Date(verifiedMs).toISOString().slice(0, 10)
  return `the log "${origin}" with the key ${key}, ${size} entries, verified on ${day}`
}
