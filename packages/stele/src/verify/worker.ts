// The threads of a verification: scripts need a native stack that only a thread of its own can have.
import type { MessagePort } from 'node:worker_threads'
import { type VerifyPorts, verifyService } from '@stele/audit'
import type { VerifyReport } from '@stele/audit/report'
import { errorToText } from '@stele/errors'
import { createRegistryChecks } from '@stele/releases/checks'
import { createFileChecks } from '../script-files/file-checks.ts'
import { withFiles } from '../script-files/with-files.ts'
import { openSource } from '../sources/open-source.ts'
import { watchCalls } from './call-clock.ts'
import { type Helpers, oneSet, runHelper, startHelpers } from './helpers.ts'
import { saveEvidence, saveFork } from './kept-store.ts'
import { openMemory } from './memory.ts'
import type { HelpData, Place, VerifyData, VerifyNews } from './messages.ts'
import { openExecutor } from './open-executor.ts'

/** A message costs as much as replaying a small entry. */
const tellEveryMs = 50

/** Verifies a registry, and tells of it; or helps another thread to. */
export async function runVerify(port: MessagePort, data: VerifyData | HelpData): Promise<void> {
  if (data.role === 'help') return runHelper(port, data, placePorts(data, data.thread))
  const say = (news: VerifyNews): void => port.postMessage(news)
  const threadSet = oneSet()
  const start = async (rows: Parameters<typeof startHelpers>[0]): Promise<Helpers['helpers']> => {
    const { source, service, engines, calls, threads, main } = data
    const place = { source, service, engines, calls }
    // A replay that does not fit what was kept starts again, on a state of its own.
    const start = (): Helpers => startHelpers(rows, { place, count: threads - 1, main })
    return (await threadSet.replace(start)).helpers
  }
  try {
    say({ say: 'report', ...(await verify(data, { start, progress: teller(say) })) })
  } catch (error) {
    say({ say: 'failure', error: errorToText(error) })
  } finally {
    await threadSet.end()
  }
}

type Ports = {
  readonly start: NonNullable<VerifyPorts['startHelpers']>
  readonly progress: VerifyPorts['progress']
}

async function verify(
  data: VerifyData,
  { start, progress }: Ports,
): Promise<{ readonly report: VerifyReport; readonly saved: readonly string[] }> {
  const { url, rules, contents, key, since, threads } = data
  const memory = openMemory(data)
  const ports: VerifyPorts = {
    ...placePorts(data, 0),
    ...(threads > 1 ? { startHelpers: start } : {}),
    progress,
    nowMs: () => performance.now() + performance.timeOrigin,
  }
  const { report, keep } = await verifyService(ports, {
    url,
    rules,
    contents,
    ...(key === undefined ? {} : { key }),
    ...(since === undefined ? {} : { since }),
    ...memory.options,
  })
  const warnings: string[] = []
  const saved = trySaving(warnings, () => {
    memory.update(report, keep)
    return saveFindings(data, report)
  })
  return {
    report: { ...report, warnings: [...memory.warnings, ...report.warnings, ...warnings] },
    saved,
  }
}

/** A disk that takes nothing changes no verdict. */
function trySaving(warnings: string[], save: () => readonly string[]): readonly string[] {
  try {
    return save()
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    warnings.push(`What was verified could not be kept: ${error.message}`)
    return []
  }
}

/** What is evidence is saved before anything is said. */
function saveFindings({ folders, since }: VerifyData, report: VerifyReport): readonly string[] {
  const { origin, checkpoint, known, findings } = report
  if (origin === null || findings.length === 0) return []
  const isHistory = findings.some(({ code }) => code.startsWith('history_'))
  const saved = [saveEvidence(folders, origin, report)]
  if (!isHistory || checkpoint === null) return saved
  const seen = new Set([known?.note, since?.note].filter((note) => note !== undefined))
  const found = checkpoint.note
  return [...saved, ...[...seen].map((note) => saveFork(folders, { origin, seen: note, found }))]
}

function teller(say: (news: VerifyNews) => void): VerifyPorts['progress'] {
  let toldMs = 0
  let toldPhase: string | undefined
  return (event) => {
    const nowMs = performance.now()
    if (event.phase === toldPhase && nowMs - toldMs < tellEveryMs) return
    ;[toldMs, toldPhase] = [nowMs, event.phase]
    say({ say: 'progress', event })
  }
}

function placePorts(
  place: Place,
  thread: number,
): Pick<VerifyPorts, 'fetch' | 'createExecutor' | 'watch' | 'checks'> {
  const { source, service, authorization } = place
  const url = source.kind === 'http' ? source.root : source.path
  const fetchLog = openSource(source, authorization)
  return {
    fetch: service.kind === 'script' ? withFiles(fetchLog, service.files) : fetchLog,
    createExecutor: (settings) => openExecutor(settings, { engines: place.engines, url }),
    watch: watchCalls(place.calls, thread),
    checks:
      service.kind === 'script' ? createFileChecks(service) : createRegistryChecks(service.bases),
  }
}
