// Keeps what upstreams say of a package as new as is wanted: one question at a time for each name, what is new pinned in
// the log before it is told to anybody, and the last answer served on while an upstream is down.
import { isSteleError, SteleError } from '@stele/errors'
import type { PackageName } from '@stele/formats/names'
import type { Form } from '@stele/releases/release'
import { formatBasis, isStillBasis, isStillSeen } from './basis.ts'
import type { Breakers } from './breaker.ts'
import { isNewConflict, noteConflict, noteDifference } from './conflicts.ts'
import { createCorrecting } from './correcting.ts'
import { createFailed } from './failed.ts'
import type { Fetched, Fetching } from './fetching.ts'
import { createFlights, createTurns, type UnderWay } from './flights.ts'
import { largePackumentBytes, maxConflictsPerTaking } from './limits.ts'
import { type Pin, usualTarball } from './pins.ts'
import { forms, type KeptHead, type Upstream, type UpstreamPorts, type Wanted } from './ports.ts'
import { createReadyTemplates, type ReadyTemplates } from './ready-templates.ts'
import type { Differing, Taken, Taking } from './take-in.ts'
import { createTrying } from './trying.ts'
import type { Turn } from './turn.ts'

/** Packuments of upstreams. */
export type Packuments = {
  /**
   * Sees to it that the packument is as new as is wanted: asked of its upstream within the last minute, or now. Gives
   * its head, or undefined where there is no such package. Throws upstream_unreachable where there is nothing older,
   * upstream_refused, upstream_answer_odd, upstream_too_large.
   */
  readonly prepare: (
    upstream: Upstream,
    wanted: Wanted & {
      /** What is kept is too old, however new it is. */
      readonly isStale?: boolean
      /** What is kept is of no use: it is sent anew, also where nothing changed. Throws where it cannot be had. */
      readonly isWhole?: boolean
    },
  ) => Promise<KeptHead | undefined>
  /** The forms that are kept of the package as this log has it, and not one that was replaced by an older copy. */
  readonly currentForms: (name: string) => readonly Form[]
  readonly ready: ReadyTemplates
}

type Ports = Pick<
  UpstreamPorts,
  | 'kept'
  | 'state'
  | 'calls'
  | 'takeIn'
  | 'takeApart'
  | 'tarballs'
  | 'now'
  | 'random'
  | 'report'
  | 'freshMs'
  | 'maxPackumentBytes'
>

/** Packuments over their ports. */
export function createPackuments(
  ports: Ports & Pick<UnderWay, 'track'> & { readonly breakers: Breakers },
  fetching: Fetching,
): Packuments {
  const { kept, state, now, freshMs } = ports
  const fly = createFlights<KeptHead | undefined>()
  const inTurn = createTurns() // One name is taken in once at a time, in whichever form: chunks are numbered.
  const failed = createFailed(ports)
  const tryAsking = createTrying(ports)
  const correct = createCorrecting(ports)
  const ready = createReadyTemplates()
  const correcting: Refreshing['correct'] = (...told) => void ports.track(correct(...told))

  /** An answer of another upstream, or of a log that was replaced by an older copy, has versions that are not pinned. */
  const mayGoOn = (upstream: Upstream, name: string, head: KeptHead): boolean =>
    head.upstream === upstream.id && isStillSeen(state, name, head.basis)

  const refreshing = { ...ports, ready, correct: correcting }
  const refreshInTurn = async (asked: Refreshed): Promise<KeptHead | undefined> => {
    const head = await inTurn(asked.wanted.name, () => refresh(refreshing, fetching, asked))
    failed.forget(asked.wanted)
    return head
  }

  async function refreshOrStale(upstream: Upstream, wanted: Wanted): Promise<KeptHead | undefined> {
    try {
      return await refreshInTurn({ upstream, wanted })
    } catch (error) {
      const before = kept.head(wanted.name, wanted.form)
      if (!isSteleError(error) || before?.digest === undefined) throw error
      if (!mayGoOn(upstream, wanted.name, before)) throw error
      if (isSteleError(error, 'disk_full')) return before // It is asked again at once.
      return failed.note(wanted, before, error)
    }
  }

  const ask = (upstream: Upstream, wanted: Wanted): Promise<KeptHead | undefined> =>
    fly(`${wanted.form} ${wanted.name}`, () => refreshOrStale(upstream, wanted))
  const askWhole: typeof ask = (upstream, wanted) => {
    const asked = { upstream, wanted, isWhole: true }
    return fly(`whole ${wanted.form} ${wanted.name}`, () => refreshInTurn(asked))
  }

  return {
    ready,
    currentForms: (name) =>
      forms.filter((form) => isStillBasis(state, name, kept.head(name, form)?.basis)),
    prepare: async (upstream, { isStale = false, isWhole = false, ...wanted }) => {
      if (isWhole) return askWhole(upstream, wanted)
      const { name, form } = wanted
      const before = kept.head(name, form)
      if (!isStale && before?.upstream === upstream.id) {
        const isNone = before.digest === undefined
        const isFine = isNone || isStillBasis(state, name, before.basis)
        if (isFine && isFresh(before, now(), freshMs)) return isNone ? undefined : before
        const stale = isNone ? undefined : failed.find(wanted, before)
        if (stale !== undefined && mayGoOn(upstream, name, before)) return stale
      }
      const isKept = !isStale && before?.digest !== undefined
      if (isKept && mayGoOn(upstream, name, before)) {
        const asking = (): ReturnType<typeof ask> => ask(upstream, wanted)
        return tryAsking(upstream.id, asking, () => before)
      }
      return ask(upstream, wanted)
    },
  }
}

type Refreshing = Ports & {
  readonly ready: ReadyTemplates
  readonly correct: (...told: Parameters<ReturnType<typeof createCorrecting>>) => void
}

type Refreshed = {
  readonly upstream: Upstream
  readonly wanted: Wanted
  /** It is asked without an ETag. */
  readonly isWhole?: boolean
}

/** Asks the upstream, and keeps what it says once what is new of it is in the log. */
async function refresh(
  ports: Refreshing,
  fetching: Fetching,
  { upstream, wanted, isWhole = false }: Refreshed,
): Promise<KeptHead | undefined> {
  const { kept, state, now } = ports
  const { name, form } = wanted
  const before = kept.head(name, form)
  const isOurs = before?.upstream === upstream.id && isStillBasis(state, name, before.basis)
  const etag = isOurs && !isWhole ? before.etag : undefined
  const fetched = await fetching.packument(upstream, { name, form, etag })
  const checked = { upstream: upstream.id, checkedMs: now() }
  if (fetched.kind === 'missing') {
    const nothing = { etag: undefined, digest: undefined, modifiedMs: undefined, basis: undefined }
    kept.saveHead(name, form, { ...checked, ...nothing })
    return undefined
  }
  if (fetched.kind === 'unchanged') {
    if (before === undefined || etag === undefined)
      throw new SteleError('upstream_answer_odd', { name, reason: neverAsked })
    // It was removed to make room while the upstream was asked: now there is no ETag to ask with.
    if (kept.head(name, form)?.digest !== before.digest) {
      return refresh(ports, fetching, { upstream, wanted })
    }
    const head = { ...before, ...checked }
    kept.saveHead(name, form, head)
    return head
  }
  const take = async () => {
    const seen = { chunks: state.chunks(name), amended: state.amended(name) }
    return { seen, taken: await takeIn(ports, { upstream, ...wanted, ...fetched, ...seen }) }
  }
  const { seen, taken } = await take().finally(fetched.turn.release)
  await record(ports, { upstream, name, n: seen.chunks.length }, taken)
  const { chunk, template, pins, digest, modifiedMs } = taken
  const count = seen.chunks.length + (chunk === undefined ? 0 : 1)
  const basis = formatBasis(state, { name, count, amended: seen.amended })
  const head = { ...checked, etag: fetched.etag, digest, modifiedMs, basis }
  const isOnlyCopy = taken.conflicts.length > 0 || taken.differences.length > 0
  kept.save(name, form, { ...head, template, pins, isOnlyCopy })
  ports.ready.put(name, form, { digest, plain: taken.plain })
  ports.correct(name, taken.differences) // Not a reason to wait.
  return head
}

const tooMany = `of one packument at most ${maxConflictsPerTaking} changed tarballs, and as many changed records, are logged at once; the others are refused too`

const neverAsked = 'it says that nothing has changed, which nobody asked'

/** A packument that came, and what the log says of the package. */
type Came = Wanted &
  Extract<Fetched, { kind: 'packument' }> & {
    readonly upstream: Upstream
    readonly chunks: readonly string[]
    readonly amended: ReadonlyMap<string, string>
  }

async function takeIn(
  { state, kept, random, takeIn: take, maxPackumentBytes: maxBytes }: Ports,
  { upstream, name, form, body, coding, isAbbreviated, turn, chunks, amended }: Came,
): Promise<Taken> {
  const isFirst = chunks.length === 0 // Nothing that was never seen is known.
  const taking = {
    name,
    form,
    body,
    coding,
    isAbbreviated,
    upstream: upstream.id,
    url: upstream.url,
    chunks: chunks.map(state.chunkText),
    pins: isFirst ? undefined : kept.pins(name),
    templates: isFirst ? [] : forms.flatMap((one) => kept.template(name, one) ?? []),
    chosen: isFirst ? [] : chosenPins(state, name, upstream),
    amended,
    mark: Buffer.from(random(16)).toString('hex'),
  }
  try {
    return await takeInTurn(take, { ...taking, maxBytes }, turn)
  } catch (cause) {
    if (!isSteleError(cause, 'json_invalid')) throw cause
    const { reason: why } = cause.details
    // Not the client's JSON: it sent none.
    const reason = /^it has|^too much/.test(why) ? why : 'it is no JSON, as of a page for people'
    throw new SteleError('upstream_answer_odd', { name, reason, upstream: upstream.id }, { cause })
  }
}

/** What turns out to be large, and did not say so, is read once more when its turn has come. */
async function takeInTurn(
  take: UpstreamPorts['takeIn'],
  taking: Taking,
  turn: Turn,
): Promise<Taken> {
  if (!turn.isTaken()) {
    try {
      return await take({ ...taking, maxBytes: Math.min(largePackumentBytes, taking.maxBytes) })
    } catch (error) {
      if (!isSteleError(error, 'upstream_too_large')) throw error
      await turn.take()
    }
  }
  return take(taking)
}

/** The log has the records of what somebody installed, and upstreams have tarballs where all do. */
function chosenPins(
  { chosenReleases }: Ports['state'],
  name: PackageName,
  { url }: Upstream,
): readonly Pin[] {
  const placeOf = (version: string): string => usualTarball(url, name, version)
  return chosenReleases(name).map((one) => ({ ...one, tarball: placeOf(one.version) }))
}

function isFresh({ checkedMs }: KeptHead, nowMs: number, freshMs: number): boolean {
  const ageMs = nowMs - checkedMs
  return ageMs >= 0 && ageMs < freshMs // Negative: the clock was set back since.
}

/** Logs what is new, and what is not as it was. */
async function record(
  { calls, state, report }: Ports,
  { upstream, name, n }: { readonly upstream: Upstream; readonly name: string; readonly n: number },
  { chunk, conflicts, differences, dropped }: Taken,
): Promise<void> {
  if (chunk !== undefined) {
    await calls.see({ name, upstream: upstream.id, n, chunk: chunk.text, count: chunk.count })
  }
  const isNew = (conflict: Differing): boolean => isNewConflict(state, name, conflict)
  const isFirst = ({ version }: Differing): boolean => state.differs(name, version) === undefined
  const [changed, differing] = [conflicts.filter(isNew), differences.filter(isFirst)]
  for (const conflict of changed.slice(0, maxConflictsPerTaking)) {
    await noteConflict({ calls, state, report }, name, conflict)
  }
  for (const difference of differing.slice(0, maxConflictsPerTaking)) {
    await noteDifference({ calls, state, report }, name, difference)
  }
  const over = (of: readonly Differing[]): number => Math.max(0, of.length - maxConflictsPerTaking)
  const count = over(changed) + over(differing)
  if (count > 0) report({ kind: 'not_logged', name, count, reason: tooMany })
  if (chunk === undefined && n > 0) return // What is left out was told when the rest was new.
  for (const { version, reason } of dropped) report({ kind: 'dropped', name, version, reason })
}
