// The whole verification of a service: its keys and checkpoint, its log, its contents, what it serves, and what was seen before.
import { isSteleError, SteleError } from '@stele/errors'
import { verifyCheckpoint } from '@stele/tlog/keys'
import { isSameHash } from '@stele/tlog/tree'
import { buildReport, type Progress } from './build-report.ts'
import { entryOf, faultOf, faultWeights } from './faults.ts'
import { Findings } from './findings.ts'
import type { Continuation, KeptLog, KeptRun } from './kept-run.ts'
import { maxRounds, minForThreads } from './limits.ts'
import { LogAudit } from './log-audit.ts'
import type { VerifyOptions, VerifyPorts } from './ports.ts'
import type { VerifyReport } from './report.ts'
import { ServiceAudit } from './service-audit.ts'
import { fetchKeys, fetchSignedTree, type LogKeys, onlyKey } from './signed-tree.ts'
import { forked, type SignedRoot, TreeAudit } from './tree-audit.ts'

/** The report, and what is to be kept for the next time: undefined where something was wrong. */
export type Verification = {
  readonly report: VerifyReport
  readonly keep?: KeptRun
}

/**
 * Verifies a service from its first entry, or from where an earlier verification ended, to its newest checkpoint. What is wrong
 * with it is a finding in the report; in the log itself the first one ends the verification. Throws `server_unreachable`,
 * `server_refused` (also where no log is served), `vkey_invalid` for the key that was given, `checkpoint_invalid` for the
 * checkpoint, `usage_wrong` for a number of entries that the log does not have, `engine_unknown`.
 * Spec: state.md, "Replay".
 */
export async function verifyService(
  ports: VerifyPorts,
  options: VerifyOptions,
): Promise<Verification> {
  const startMs = ports.nowMs()
  const findings = new Findings()
  const progress: Progress = { findings }
  await findings.gather(async () => {
    const keys = await fetchKeys(ports.fetch, options.key)
    progress.keys = keys
    progress.kept = keptFor(keys.origin, options)
    const before = options.known ?? progress.kept?.log
    const pinned = before === undefined ? keys : onlyKey(keys, before)
    if (pinned === undefined && before !== undefined) {
      if (options.key === undefined) return await refuseReplaced(ports, progress, { keys, before })
      progress.replaced = before
      if (progress.kept && !onlyKey(keys, progress.kept.log)) progress.kept = undefined
    }
    progress.keys = pinned ?? keys
    await verifyLog(ports, options, { ...progress, progress, keys: progress.keys })
  })
  const totalMs = ports.nowMs() - startMs
  const report = buildReport(progress, {
    options,
    nowMs: ports.nowMs(),
    totalMs,
    checks: ports.checks,
  })
  const keep = report.verdict === 'failed' ? undefined : keptOf(options, progress, ports.nowMs())
  return { report, ...(keep === undefined ? {} : { keep }) }
}

/** What was kept of the log, or at least the checkpoint that its address is known by. */
function keptFor(origin: string, { kept, known }: VerifyOptions): KeptRun | undefined {
  return kept?.(origin) ?? (known?.origin === origin ? { log: known } : undefined)
}

/** Another log is not followed, however right it may be in itself; what it has signed is evidence. */
async function refuseReplaced(
  { fetch }: VerifyPorts,
  progress: Progress,
  { keys, before }: { readonly keys: LogKeys; readonly before: KeptLog },
): Promise<void> {
  const { origin, key } = keys
  const seen = dayOf(before.verifiedMs)
  const knownFacts = { knownOrigin: before.origin, knownKey: before.key, seen }
  const error = new SteleError('history_replaced', { origin, key: key.vkey, ...knownFacts })
  const fault = faultOf(error)
  if (fault !== undefined) progress.findings.add(fault)
  progress.kept = { log: before }
  try {
    const shown = (await fetchSignedTree(fetch, keys)).roots.at(-1)
    if (shown !== undefined) progress.shown = shown
  } catch (error) {
    if (!isSteleError(error)) throw error // It shows nothing that it has signed: the finding stands without.
  }
}

function dayOf(timeMs: number): string {
  // oxlint-disable-next-line no-restricted-globals -- Formats a given time; the clock is not read.
  return new Date(timeMs).toISOString().slice(0, 10)
}

type Work = Progress & { readonly progress: Progress; readonly keys: LogKeys }

/**
 * Goes on from what was kept; where that does not fit, from the first entry, which says best what is wrong. So does a
 * takedown of what was verified before: what it leaves unchecked is the same for everybody.
 */
async function verifyLog(ports: VerifyPorts, options: VerifyOptions, work: Work): Promise<void> {
  const continuation = options.since === undefined ? work.kept?.continuation?.() : undefined
  if (continuation === undefined) return await followLog(ports, options, work)
  const keptSize = continuation.hashes.count(0)
  try {
    await followLog(ports, options, work, continuation)
    if (work.progress.log?.replay.withheld.reachesBack(keptSize) !== true) return
  } catch (error) {
    const fault = faultOf(error)
    if (fault === undefined || fault.weight === faultWeights.history) throw error
  }
  work.findings.clear()
  await followLog(ports, options, work)
}

async function followLog(
  ports: VerifyPorts,
  options: VerifyOptions,
  { progress, findings, keys, kept }: Work,
  continuation?: ReturnType<NonNullable<KeptRun['continuation']>>,
): Promise<void> {
  const started: { helpers: boolean } = { helpers: false }
  const startHelpers = async (count: number): Promise<void> => {
    if (started.helpers || count < minForThreads || ports.startHelpers === undefined) return
    started.helpers = true
    const helpers = await ports.startHelpers(log.replay.rows)
    log.replay.employ(helpers)
    service.employ(helpers)
  }
  const seen = seenRoots(kept, options, keys)
  const log = new LogAudit(ports, keys, {
    since: options.since?.size ?? 0,
    seen,
    planned: startHelpers,
    ...(continuation === undefined ? {} : { continuation }),
  })
  const { contents } = options
  const since = Math.max(continuation?.contentsTo ?? 0, options.since?.size ?? 0)
  const service = new ServiceAudit(ports, log.replay, { findings, contents, since })
  Object.assign(progress, { log, service, continuation })
  await log.advance()
  const isOlder = refuseOlder(progress, kept)
  const isShort = (options.since?.size ?? 0) > log.size
  if (isOlder || isShort) {
    await service.look()
    if (isShort) refuseShort(progress, options, seen)
    return
  }
  for (let round = 0; ; round++) {
    const isKnown = log.replay.lostSince === undefined
    if (contents && isKnown) {
      await startHelpers(service.newContents.length)
      await service.checkContents(log.size)
    }
    const different = isKnown ? await service.compareServed() : []
    const open = [...different, ...log.replay.withheld.unexplained()]
    if (open.length === 0) return
    // The log may have moved on, or taken something down, since the checkpoint: only its newest one decides.
    if (round < maxRounds && (await log.advance())) continue
    findings.add(...open.toSorted((a, b) => entryOf(a) - entryOf(b)))
    return
  }
}

/** Stands for the path of the checkpoint that the user gave. */
const givenPath = 'given'

function seenRoots(
  kept: KeptRun | undefined,
  { since }: VerifyOptions,
  keys: LogKeys,
): readonly SignedRoot[] {
  const roots: SignedRoot[] = []
  if (kept !== undefined) {
    const { size, root, note, verifiedMs } = kept.log
    const seen = `verified on ${dayOf(verifiedMs)}`
    roots.push({ path: 'kept', size, root: Buffer.from(root, 'base64'), note, seen })
  }
  if (since?.note !== undefined) {
    const { note } = since
    const { size, root } = readGiven(note, keys)
    roots.push({ path: givenPath, size, root, note, seen: 'given with --since' })
  }
  return roots
}

/** Throws `checkpoint_invalid` where the note is not one of this log. */
function readGiven(
  note: string,
  { verifiers, origin }: LogKeys,
): Pick<SignedRoot, 'size' | 'root'> {
  try {
    return verifyCheckpoint(note, verifiers, origin).checkpoint
  } catch (error) {
    if (!isSteleError(error)) throw error
    throw new SteleError('checkpoint_invalid', { reason: error.message }, { cause: error })
  }
}

/** A log that ends before what was seen: from a copy that may be old, from the service itself it is not. */
function refuseOlder(progress: Progress, kept: KeptRun | undefined): boolean {
  const size = progress.log?.newest?.size ?? 0
  if (kept === undefined || size >= kept.log.size) return false
  const seen = `on ${dayOf(kept.log.verifiedMs)}`
  const isPrefix = isPartOf(progress.log?.newest, kept)
  const details = { size, known: kept.log.size, seen, isPrefix }
  const fault = faultOf(new SteleError('history_older', details))
  progress.older = fault
  return true
}

/**
 * A log that ends before `--since`, where no call would be run at all. With a signed checkpoint it is a finding, from a copy too:
 * the user asked for that very history. Throws `usage_wrong` for a bare number, unless the log is known to have been longer.
 */
function refuseShort(
  { findings, log, older, service }: Progress,
  { since }: VerifyOptions,
  seen: readonly SignedRoot[],
): void {
  const size = log?.newest?.size ?? 0
  const given = seen.find(({ path }) => path === givenPath)
  if (given !== undefined) {
    const where = 'in the checkpoint given with --since'
    const details = { size, known: given.size, seen: where, isPrefix: false }
    const fault = faultOf(new SteleError('history_older', details))
    if (fault !== undefined) findings.add(fault)
  } else if (older === undefined || service?.isServed === false) {
    const reason = `--since "${since?.size}": the log has ${size} entries, so no call of it would be run again. Give a smaller number`
    throw new SteleError('usage_wrong', { reason, command: 'verify' })
  }
}

/** Whether a root is one of the log that was seen; false where that cannot be told. Throws `history_forked`. */
function isPartOf(root: SignedRoot | undefined, { log, tree }: KeptRun): boolean {
  const hashes = tree?.()
  if (root === undefined || hashes === undefined || hashes.count(0) < root.size) return false
  const known = new TreeAudit(hashes).rootAt(root.size)
  if (isSameHash(root.root, known)) return true
  const seen = `verified on ${dayOf(log.verifiedMs)}`
  throw forked({ size: root.size, seen, found: root.root, wanted: known })
}

function keptOf({ url }: VerifyOptions, progress: Progress, nowMs: number): KeptRun | undefined {
  const { log, keys, service, continuation, older } = progress
  const checkpoint = log?.verified
  if (log === undefined || keys === undefined || checkpoint === undefined) return undefined
  if (older !== undefined || log.replay.lostSince !== undefined) return undefined
  if (log.size !== checkpoint.size) return undefined
  const replay = log.replay.keep()
  const next = (): Continuation => ({
    replay,
    hashes: log.tree.rows,
    contentsTo: service?.contentsTo ?? 0,
    contentsChecked: (continuation?.contentsChecked ?? 0) + (service?.contentsChecked ?? 0),
  })
  return {
    log: {
      origin: keys.origin,
      key: keys.key.vkey,
      size: checkpoint.size,
      root: Buffer.from(checkpoint.root).toString('base64'),
      stateRoot: Buffer.from(replay.trie.root()).toString('hex'),
      note: checkpoint.note,
      place: url,
      verifiedMs: nowMs,
    },
    ...(log.replay.hasMemory ? {} : { continuation: next }),
  }
}
