// The whole verification of a registry: its keys and checkpoint, its log, its tarballs, what it serves.
import { Findings } from './findings.ts'
import { maxClockAgeMs, maxFindings, maxRounds } from './limits.ts'
import { LogAudit } from './log-audit.ts'
import type { VerifyOptions, VerifyPorts } from './ports.ts'
import { ReleaseAudit } from './release-audit.ts'
import { findingOf, notInTheLog, type VerifyReport } from './report.ts'
import { unknownRules } from './rules.ts'
import { ServedAudit } from './served-audit.ts'
import { fetchKeys, fingerprintOf, type LogKeys } from './signed-tree.ts'

const hourMs = 60 * 60 * 1000

/** What there is so far: an early failure leaves the rest unknown. */
type Progress = {
  keys: LogKeys | undefined
  log: LogAudit | undefined
  releases: ReleaseAudit | undefined
  served: ServedAudit | undefined
}

/**
 * Verifies a registry from its first entry to its newest checkpoint. What is wrong with the registry is a finding in the
 * report; in the log itself the first one ends the verification. Throws `server_unreachable`, `server_refused` (also where
 * no log is served), `vkey_invalid` for the key that was given, `engine_unknown`. Spec: state.md, "Replay".
 */
export async function verifyRegistry(
  ports: VerifyPorts,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const startMs = ports.nowMs()
  const findings = new Findings()
  const progress: Progress = {
    keys: undefined,
    log: undefined,
    releases: undefined,
    served: undefined,
  }
  await findings.gather(async () => {
    const keys = await fetchKeys(ports.fetch, options.key)
    progress.keys = keys
    await verifyLog(ports, { options, findings, progress, keys })
  })
  return reportOf(progress, { ports, options, findings, totalMs: ports.nowMs() - startMs })
}

type Work = {
  readonly options: VerifyOptions
  readonly findings: Findings
  readonly progress: Progress
  readonly keys: LogKeys
}

async function verifyLog(ports: VerifyPorts, work: Work): Promise<void> {
  const { progress, findings, options } = work
  const log = new LogAudit(ports, work.keys)
  const releases = new ReleaseAudit(ports, log.replay, findings)
  const { tarballs } = options
  const served = new ServedAudit(ports, log.replay, { findings, tarballs })
  Object.assign(progress, { log, releases, served })
  await log.advance()
  for (let round = 0; ; round++) {
    const isKnown = log.replay.lostSince === undefined
    if (tarballs && isKnown) await releases.checkNew()
    const different = isKnown ? await served.compareRest() : []
    const open = [...different, ...log.replay.withheld.unexplained(maxFindings)]
    if (open.length === 0 || findings.isFull) return
    // The registry may have moved on, or taken something down, since the checkpoint: only its newest one decides.
    if (round < maxRounds && (await log.advance())) continue
    findings.add(...open)
    return
  }
}

type Ended = {
  readonly ports: VerifyPorts
  readonly options: VerifyOptions
  readonly findings: Findings
  readonly totalMs: number
}

function reportOf(progress: Progress, ended: Ended): VerifyReport {
  const { keys, log, releases, served } = progress
  const { options, findings, totalMs } = ended
  const unknown = log === undefined ? [] : unknownRules(log.replay.rules, options.rules, log.size)
  const exceptions = log?.replay.exceptions
  const exceptedEntries = exceptions?.countWith(unknown) ?? 0
  const callsRun = log?.replay.callsRun ?? 0
  const replayMs = log?.replayMs ?? 0
  const failed = findings.all.length > 0
  return {
    verdict: failed ? 'failed' : exceptedEntries > 0 ? 'verified_except' : 'verified',
    url: options.url,
    origin: keys?.origin ?? null,
    key: keys?.key.vkey ?? null,
    keyFingerprint: keys === undefined ? null : fingerprintOf(keys.key),
    size: log?.size ?? null,
    root: log === undefined ? null : Buffer.from(log.root).toString('base64'),
    clockMs: log === undefined || log.clockMs === 0 ? null : log.clockMs,
    script: log?.script ?? null,
    settingsChanges: log?.replay.settingsChanges ?? [],
    entriesReplayed: log?.replay.entryCount ?? 0,
    callsRun,
    memoryUnchecked: log?.replay.memoryUnchecked ?? 0,
    tarballsChecked: options.tarballs ? (releases?.checkedCount ?? 0) : null,
    packumentsCompared: served?.rightCount ?? 0,
    notCompared: notInTheLog,
    warnings: warningsOf(progress, ended),
    exceptions: exceptions?.rangesWith(unknown) ?? [],
    exceptedEntries,
    findings: findings.all.map(findingOf),
    timing: { totalMs, replayMs, callsPerSecond: replayMs > 0 ? (callsRun / replayMs) * 1000 : 0 },
  }
}

function warningsOf({ log, served }: Progress, { ports, options }: Ended): readonly string[] {
  if (log === undefined) return []
  const warnings: string[] = []
  if (log.clockMs > 0) warnings.push(...clockWarnings(ports.nowMs() - log.clockMs))
  if (!options.tarballs) warnings.push('Tarballs were not checked')
  const { lostSince, memoryUnchecked, settingsChanges, timeMs } = log.replay
  const aheadMs = timeMs - ports.nowMs()
  if (aheadMs > hourMs) {
    const hours = Math.floor(aheadMs / hourMs)
    warnings.push(`The newest entry is ${hours} hours in the future, by this machine's clock`)
  }
  for (const { entry, names } of settingsChanges.slice(1)) {
    warnings.push(`Entry ${entry} changed the log's settings: ${names.join(', ')}`)
  }
  if (lostSince !== undefined) {
    warnings.push(
      `From entry ${lostSince} on, the state is not known, so tarballs and packages were not compared with it`,
    )
  }
  if (served !== undefined && served.unknownCount > 0) {
    warnings.push(
      `${served.unknownCount} packages were not compared, since values of theirs are withheld`,
    )
  }
  if (memoryUnchecked > 0)
    warnings.push(`${memoryUnchecked} digests of the script's memory were not compared`)
  return warnings
}

function clockWarnings(ageMs: number): readonly string[] {
  const hours = Math.floor(Math.abs(ageMs) / hourMs)
  if (ageMs > maxClockAgeMs) {
    return [`The newest checkpoint was signed ${hours} hours ago: something newer may be held back`]
  }
  if (-ageMs <= hourMs) return []
  return [`The newest checkpoint was signed ${hours} hours in the future, by this machine's clock`]
}
