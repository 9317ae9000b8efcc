// Keeps what upstreams say of a package as new as is wanted: one question at a time for each name, what is new pinned in
// the log before it is told to anybody, and the last answer served on while an upstream is down.
import { isSteleError, SteleError } from '@stele/errors'
import type { PackageName } from '@stele/formats/names'
import { tarballFile } from '@stele/releases/release'
import { noteConflict } from './conflicts.ts'
import type { Fetched, Fetching } from './fetching.ts'
import { createFlights, createTurns } from './flights.ts'
import { maxConflictsPerTaking, staleMs } from './limits.ts'
import { pack } from './pack.ts'
import { formatPins } from './pins.ts'
import type { KeptHead, Upstream, UpstreamPorts, Wanted } from './ports.ts'
import type { Taken } from './take-in.ts'

/** Packuments of upstreams. */
export type Packuments = {
  /**
   * Sees to it that the packument is as new as is wanted: asked of its upstream within the last minute, or now. Gives
   * its head, or undefined where there is no such package. Throws upstream_unreachable where there is nothing older,
   * upstream_refused, upstream_answer_odd, upstream_too_large.
   */
  readonly prepare: (
    upstream: Upstream,
    wanted: Wanted & { readonly isStale?: boolean },
  ) => Promise<KeptHead | undefined>
}

type Ports = Pick<
  UpstreamPorts,
  'kept' | 'state' | 'calls' | 'takeIn' | 'now' | 'random' | 'report' | 'freshMs'
>

/** Packuments over their ports. */
export function createPackuments(ports: Ports, fetching: Fetching): Packuments {
  const { kept, now, freshMs } = ports
  const fly = createFlights<KeptHead | undefined>()
  const inTurn = createTurns() // One name is taken in once at a time, in whichever form: chunks are numbered.

  async function refreshOrStale(upstream: Upstream, wanted: Wanted): Promise<KeptHead | undefined> {
    try {
      return await inTurn(wanted.name, () => refresh(ports, fetching, { upstream, wanted }))
    } catch (error) {
      const before = kept.head(wanted.name, wanted.form)
      if (!isSteleError(error) || before?.digest === undefined) throw error
      // What it said last holds on, and it is asked again in a while.
      const checkedMs = now() - freshMs + staleMs
      try {
        kept.saveHead(wanted.name, wanted.form, { ...before, checkedMs })
      } catch (full) {
        if (!isSteleError(full, 'disk_full')) throw full // It is asked again at once then.
      }
      return before
    }
  }

  return {
    prepare: async (upstream, { isStale = false, ...wanted }) => {
      const before = kept.head(wanted.name, wanted.form)
      const isKnown =
        !isStale && before?.upstream === upstream.id && isFresh(before, now(), freshMs)
      if (isKnown) return before.digest === undefined ? undefined : before
      return fly(`${wanted.form} ${wanted.name}`, () => refreshOrStale(upstream, wanted))
    },
  }
}

/** Asks the upstream, and keeps what it says once what is new of it is in the log. */
async function refresh(
  ports: Ports,
  fetching: Fetching,
  { upstream, wanted }: { readonly upstream: Upstream; readonly wanted: Wanted },
): Promise<KeptHead | undefined> {
  const { kept, now } = ports
  const { name, form } = wanted
  const before = kept.head(name, form)
  const etag = before?.upstream === upstream.id ? before.etag : undefined
  const fetched = await fetching.packument(upstream, { name, form, etag })
  const checked = { upstream: upstream.id, checkedMs: now() }
  if (fetched.kind === 'missing') {
    const nothing = { etag: undefined, digest: undefined, modifiedMs: undefined }
    kept.saveHead(name, form, { ...checked, ...nothing })
    return undefined
  }
  if (fetched.kind === 'unchanged') {
    if (before === undefined)
      throw new SteleError('upstream_answer_odd', { name, reason: neverAsked })
    const head = { ...before, ...checked }
    kept.saveHead(name, form, head)
    return head
  }
  const taken = await takeIn(ports, { upstream, ...wanted }, fetched)
  await record(ports, { upstream, name }, taken)
  const { template, pins, digest, modifiedMs } = taken
  const head = { ...checked, etag: fetched.etag, digest, modifiedMs }
  kept.save(name, form, { ...head, template, pins })
  return head
}

const neverAsked = 'it says that nothing has changed, which nobody asked'

async function takeIn(
  { state, kept, random, takeIn: take }: Ports,
  { upstream, name, form }: Wanted & { readonly upstream: Upstream },
  { body, isAbbreviated }: Extract<Fetched, { kind: 'packument' }>,
): Promise<Taken> {
  const taking = {
    name,
    form,
    body,
    isAbbreviated,
    chunks: state.chunks(name),
    pins: kept.pins(name) ?? chosenPins(state, name, upstream),
    amended: state.amended(name),
    mark: Buffer.from(random(16)).toString('hex'),
  }
  try {
    return await take(taking)
  } catch (cause) {
    if (!isSteleError(cause, 'json_invalid')) throw cause
    const reason = 'it is no JSON, as of a page for people' // Not the client's JSON: it sent none.
    throw new SteleError('upstream_answer_odd', { name, reason }, { cause })
  }
}

/** Where what was kept is gone, the log has the records of what somebody installed, and upstreams have tarballs where all do. */
function chosenPins(
  { chosenReleases }: Ports['state'],
  name: PackageName,
  { url }: Upstream,
): Uint8Array | undefined {
  const releases = chosenReleases(name)
  if (releases.length === 0) return undefined
  const pins = releases.map((one) => ({
    ...one,
    tarball: `${url}/${name}/-/${tarballFile(name, one.version)}`,
  }))
  return pack(Buffer.from(formatPins(pins)))
}

function isFresh({ checkedMs }: KeptHead, nowMs: number, freshMs: number): boolean {
  const ageMs = nowMs - checkedMs
  return ageMs >= 0 && ageMs < freshMs // Negative: the clock was set back since.
}

/** Logs what is new, and what is not as it was. */
async function record(
  { calls, state, report }: Ports,
  { upstream, name }: { readonly upstream: Upstream; readonly name: PackageName },
  { chunk, conflicts, differences, dropped }: Taken,
): Promise<void> {
  if (chunk !== undefined) {
    const n = state.chunks(name).length
    await calls.see({ name, upstream: upstream.id, n, chunk: chunk.text, count: chunk.count })
  }
  for (const conflict of conflicts.slice(0, maxConflictsPerTaking)) {
    await noteConflict({ calls, state, report }, name, conflict)
  }
  for (const { version, shown } of differences.slice(0, maxConflictsPerTaking)) {
    if (state.differs(name, version) !== shown) await calls.differ(name, version, shown)
  }
  for (const { version, reason } of dropped) report({ kind: 'dropped', name, version, reason })
}
