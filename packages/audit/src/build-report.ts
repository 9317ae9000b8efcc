// The report of a verification, made from what there is: an early failure leaves the rest unknown.
import type { Fault } from './faults.ts'
import type { Findings } from './findings.ts'
import type { Continuation, KeptLog, KeptRun } from './kept-run.ts'
import { maxClockAgeMs } from './limits.ts'
import type { LogAudit } from './log-audit.ts'
import type { VerifyOptions } from './ports.ts'
import { type Exception, findingOf, type SignedCheckpoint, type VerifyReport } from './report.ts'
import { unknownRules } from './rules.ts'
import type { ServiceAudit } from './service-audit.ts'
import type { ServiceChecks, ServiceNouns } from './service-checks.ts'
import { fingerprintOf, type LogKeys } from './signed-tree.ts'
import type { SignedRoot } from './tree-audit.ts'

/** What there is so far. */
export type Progress = {
  readonly findings: Findings
  keys?: LogKeys
  kept?: KeptRun | undefined
  log?: LogAudit
  service?: ServiceAudit
  continuation?: Continuation | undefined
  /** What another log than the known one has signed: it is shown, and not followed. */
  shown?: SignedRoot
  /** The log that `--key` replaces. */
  replaced?: KeptLog
  /** Set where the log ends before what was seen. */
  older?: Fault | undefined
}

type Ended = {
  readonly options: VerifyOptions
  readonly checks: ServiceChecks
  readonly nowMs: number
  readonly totalMs: number
}

const hourMs = 60 * 60 * 1000
const blobName = /^[0-9a-f]{128}$/

/** The report. A log that is older than what was seen is a finding, but from a copy, which may be old. */
export function buildReport(progress: Progress, ended: Ended): VerifyReport {
  const { keys, log, service, kept, findings, older, continuation } = progress
  const { options, totalMs, checks } = ended
  if (older !== undefined && service?.isServed !== false) findings.add(older)
  const unknown = [
    ...(log === undefined ? [] : unknownRules(log.replay.rules, options.rules, log.size)),
    ...(service?.unknown ?? []),
  ]
  const exceptions = log?.replay.exceptions
  const exceptedEntries = exceptions?.countWith(unknown) ?? 0
  const [callsRun, replayMs] = [log?.replay.callsRun ?? 0, log?.replayMs ?? 0]
  const newCalls = callsRun - (continuation?.replay.facts.callsRun ?? 0)
  const failed = findings.count > 0
  return {
    verdict: failed ? 'failed' : exceptedEntries > 0 ? 'verified_except' : 'verified',
    url: options.url,
    origin: keys?.origin ?? null,
    key: keys?.key.vkey ?? null,
    keyFingerprint: keys === undefined ? null : fingerprintOf(keys.key),
    checkpoint: checkpointOf(progress, failed),
    served: service?.isServed ?? null,
    known: kept === undefined ? null : knownOf(kept),
    clockMs: log === undefined || log.clockMs === 0 ? null : log.clockMs,
    script: log?.script ?? null,
    settingsChanges: log?.replay.settingsChanges ?? [],
    entriesReplayed: log?.replay.entryCount ?? 0,
    entriesNew: (log?.replay.entryCount ?? 0) - (continuation?.replay.facts.entryCount ?? 0),
    callsRun,
    memoryUnchecked: log?.replay.memoryUnchecked ?? 0,
    nouns: checks.nouns,
    contentsChecked: options.contents
      ? (service?.contentsChecked ?? 0) + (continuation?.contentsChecked ?? 0)
      : null,
    contentsNew: options.contents ? (service?.contentsChecked ?? 0) : null,
    servedContents: service?.servedContents ?? {
      compared: 0,
      notGiven: 0,
      heldBack: 0,
      notKnown: 0,
    },
    servedCompared: service?.servedRight ?? 0,
    servedNotGiven: service?.servedNotGiven ?? 0,
    notCompared: service?.notCompared ?? checks.notCompared,
    warnings: warningsOf(progress, ended),
    exceptions: (exceptions?.rangesWith(unknown) ?? []).map((one) => explained(one, progress)),
    exceptedEntries,
    findings: findings.all.map(findingOf),
    findingCount: findings.count,
    timing: { totalMs, replayMs, callsPerSecond: replayMs > 0 ? (newCalls / replayMs) * 1000 : 0 },
  }
}

function checkpointOf({ log, shown }: Progress, failed: boolean): SignedCheckpoint | null {
  const signed = log?.newest ?? shown
  if (signed === undefined) return null
  const { size, root, note } = signed
  const verified = !failed && log?.verified === signed
  return { size, root: Buffer.from(root).toString('base64'), note, verified }
}

function knownOf({ log: { size, note, place, verifiedMs } }: KeptRun): VerifyReport['known'] {
  return { size, note, place, verifiedMs }
}

/** Says why what is withheld is gone, as the takedown has it. */
function explained(exception: Exception, { log }: Progress): Exception {
  const { from, to, unchecked, reason } = exception
  const withheld = log?.replay.withheld
  const told = blobName.test(reason)
    ? withheld?.reasonOf({ blob: reason })
    : from === to && unchecked === 'rule'
      ? withheld?.reasonOf({ entry: from, part: 'body' })
      : undefined
  if (told !== undefined) return { ...exception, reason: `taken down (${JSON.stringify(told)})` }
  return blobName.test(reason) ? { ...exception, reason: 'it is withheld' } : exception
}

function warningsOf(progress: Progress, { options, nowMs, checks }: Ended): readonly string[] {
  const { log, service, older, replaced } = progress
  if (log === undefined) return []
  return [
    ...(replaced === undefined
      ? []
      : [
          `Until now, the log here was "${replaced.origin}" with the key ${replaced.key}: --key has put another in its place`,
        ]),
    ...(log.clockMs > 0 ? clockWarnings(nowMs - log.clockMs) : []),
    ...(options.contents ? [] : [`${capitalized(checks.nouns.content.many)} were not checked`]),
    ...timeWarnings(log.replay.timeMs - nowMs),
    ...log.replay.settingsChanges
      .slice(1)
      .map(({ entry, names }) => `Entry ${entry} changed the log's settings: ${names.join(', ')}`),
    ...(options.since === undefined ? [] : [sinceWarning(log, options.since.size, checks.nouns)]),
    ...(older !== undefined && service?.isServed === false ? [findingOf(older).message] : []),
    ...lossWarnings(log, checks.nouns),
    ...notGivenWarnings(service, checks.nouns),
    ...heldBackWarnings(service, checks.nouns),
    ...notKnownWarnings(service, checks.nouns),
    ...(log.replay.lostSince === undefined ? (service?.notes ?? []) : []),
  ]
}

/** Calls of a script that keeps a memory are run all the same. */
function sinceWarning(
  { size, replay: { callsSkipped } }: LogAudit,
  since: number,
  { content: { many } }: ServiceNouns,
): string {
  const entries = `the first ${Math.min(since, size)} entries`
  if (callsSkipped === 0) return `The ${many} of ${entries} were not taken apart (--since)`
  return `${callsSkipped} calls of ${entries} were not run again, nor their ${many} taken apart (--since)`
}

function lossWarnings({ replay }: LogAudit, { content, served }: ServiceNouns): readonly string[] {
  const { lostSince, memoryUnchecked } = replay
  const warnings: string[] = []
  if (lostSince !== undefined) {
    warnings.push(
      `From entry ${lostSince} on, the state is not known, so ${content.many} and ${served.many} were not compared with it`,
    )
  }
  if (memoryUnchecked > 0) {
    warnings.push(`${memoryUnchecked} digests of the script's memory were not compared`)
  }
  return warnings
}

/** Whose bytes are elsewhere: while nobody can get them they cannot be wrong either. */
function notGivenWarnings(
  service: Progress['service'],
  { content, served }: ServiceNouns,
): readonly string[] {
  const counted = [
    { noun: served, which: '', notGiven: service?.servedNotGiven ?? 0 },
    {
      noun: content,
      which: ' that the log does not keep',
      notGiven: service?.servedContents.notGiven ?? 0,
    },
  ]
  return counted.flatMap(({ noun: { one, many }, which, notGiven }) => {
    if (notGiven === 0) return []
    const what = `${notGiven} ${notGiven === 1 ? one : many}${which}`
    return [`${what} could not be had now, and ${notGiven === 1 ? 'was' : 'were'} not compared`]
  })
}

/** What the operator's settings keep from clients is not lost. */
function heldBackWarnings(
  service: Progress['service'],
  { content: { one, many } }: ServiceNouns,
): readonly string[] {
  const heldBack = service?.servedContents.heldBack ?? 0
  if (heldBack === 0) return []
  const what = heldBack === 1 ? `${one} is` : `${many} are`
  return [`${heldBack} ${what} held back by the service, and not compared`]
}

/** The log tells nothing yet to compare them with. */
function notKnownWarnings(
  service: Progress['service'],
  { content: { one, many } }: ServiceNouns,
): readonly string[] {
  const notKnown = service?.servedContents.notKnown ?? 0
  if (notKnown === 0) return []
  const what = notKnown === 1 ? `${one} was` : `${many} were`
  const they = notKnown === 1 ? 'it holds' : 'they hold'
  return [`${notKnown} ${what} not compared, as the log does not tell yet what ${they}`]
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function timeWarnings(aheadMs: number): readonly string[] {
  if (aheadMs <= hourMs) return []
  const hours = Math.floor(aheadMs / hourMs)
  return [`The newest entry is ${hours} hours in the future, by this machine's clock`]
}

function clockWarnings(ageMs: number): readonly string[] {
  const hours = Math.floor(Math.abs(ageMs) / hourMs)
  if (ageMs > maxClockAgeMs) {
    return [`The newest checkpoint was signed ${hours} hours ago: something newer may be held back`]
  }
  if (-ageMs <= hourMs) return []
  return [`The newest checkpoint was signed ${hours} hours in the future, by this machine's clock`]
}
