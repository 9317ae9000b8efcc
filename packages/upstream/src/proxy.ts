// Other registries, as this one serves them: what they show is pinned in the log before anybody is told of it.
import type { PackageName } from '@stele/formats/names'
import type { Form } from '@stele/releases/release'
import { type AskAdvisories, createAdvisories } from './advisories.ts'
import { type Amending, createAmending } from './amending.ts'
import { askUnlessDown, createAsking } from './asking.ts'
import { type BreakerState, createBreakers } from './breaker.ts'
import { createFetching } from './fetching.ts'
import { createFindHeld } from './find-held.ts'
import { createUnderWay, type UnderWay } from './flights.ts'
import { createHolding, type Holding } from './holding.ts'
import { maxAskedToPublishMs } from './limits.ts'
import { unpackBytes } from './pack.ts'
import { createPackuments, type Packuments } from './packuments.ts'
import type { KeptHead, Upstream, UpstreamPorts, Wanted } from './ports.ts'
import { createReleases, type ProxiedTarball } from './releases.ts'
import { type AskSearch, createSearch } from './search.ts'
import { createAskToPublish } from './unsure.ts'
import { whichUpstream } from './which.ts'
import { createWholeTarballs } from './whole-tarballs.ts'

/** The proxy of a registry. */
export type Proxy = {
  /** The id of the upstream that a name belongs to, or that it is to be asked of; undefined for what is asked of nobody. */
  readonly whose: (name: string) => string | undefined
  /** Brings a packument to where its upstream is; undefined where there is none. Throws as `Packuments.prepare`, and upstream_budget_spent. */
  readonly prepare: (
    name: PackageName,
    form: Form,
    client?: string,
  ) => Promise<KeptHead | undefined>
  /** The same for somebody who publishes: asked within the last minute in any case. Throws upstream_unsure, at once where that was said a moment ago. */
  readonly prepareToPublish: Proxy['prepare']
  /** What was prepared, of names that belong to its upstream still. */
  readonly head: (name: string, form: Form) => KeptHead | undefined
  /** Its text, its base addresses marked (`baseMark`). */
  readonly template: (name: string, form: Form) => Uint8Array | undefined
  /**
   * A release's tarball: chosen in the log before this resolves, unless `refuse` throws for one that was not chosen before.
   * Undefined where there is no such release. Throws upstream_changed where the upstream has other bytes, and as `prepare`.
   */
  readonly tarball: (
    name: PackageName,
    version: string,
    client?: string,
    refuse?: () => Promise<void>,
  ) => Promise<ProxiedTarball | undefined>
  readonly advisories: AskAdvisories
  readonly search: AskSearch
  readonly amending: Amending
  readonly holding: Holding
  /** Learns, behind the requests, what tarballs hold of which the log does not tell it yet, as the process ended before. */
  readonly catchUp: () => void
  /** Ends what `amending` and `holding` wait for, now and later: they throw server_busy. */
  readonly stopWaiting: () => void
  /** How each upstream does, in the operator's order. */
  readonly states: () => readonly ({ readonly id: string } & BreakerState)[]
  /** Resolves when nothing goes on any more, also behind the answers. */
  readonly settled: () => Promise<void>
}

/** A proxy over its ports. */
export function createProxy(
  ports: UpstreamPorts & { readonly isPrivate: (name: string) => boolean },
): Proxy {
  const { kept, state, upstreams, isPrivate, takeCold } = ports
  const breakers = createBreakers(ports.now)
  const fetching = createFetching({ ...ports, breakers })
  // A breaker of their own: an upstream that fails to audit or to search may serve packages all the same.
  const asking = createAsking({ ...ports, breakers: createBreakers(ports.now) }, 'each')
  const ask = askUnlessDown(asking, { ...ports, breakers })
  const { track, settled } = createUnderWay()
  const packuments = createPackuments({ ...ports, track, breakers }, fetching)
  const releases = createReleases(ports, { fetching, packuments, track })
  const upstreamOf = (name: string): Upstream | undefined =>
    whichUpstream(name, upstreams, state, isPrivate)
  const whose = (name: string): string | undefined => upstreamOf(name)?.id
  /** Of what belongs to nobody else by now: a name may have been reserved since, or be private. */
  const headOf: Proxy['head'] = (name, form) => {
    const head = kept.head(name, form)
    return head !== undefined && head.upstream === whose(name) ? head : undefined
  }
  const findHeld = createFindHeld(ports)
  const searching = createSearch(ports, ask, whose)
  const tarball: Proxy['tarball'] = async (name, version, client, refuse) => {
    const chosen = state.chosen(name, version)
    const held =
      chosen === undefined ? undefined : await findHeld(name, { version, integrity: chosen })
    if (chosen !== undefined && held !== undefined) {
      releases.learn({ name, version })
      return { kind: 'held', held, integrity: chosen }
    }
    const upstream = upstreamOf(name)
    if (upstream !== undefined) takeCold(client)
    return upstream && track(releases.fetch(upstream, { name, version, chosen, refuse }))
  }
  const whole = createWholeTarballs(tarball)
  return {
    advisories: createAdvisories(ports, ask, whose),
    search: searching.search,
    whose,
    ...createPreparing(ports, { upstreamOf, packuments, track }),
    head: headOf,
    template: (name, form) => {
      const head = headOf(name, form)
      if (head === undefined) return undefined
      const ready = packuments.ready.take(name, form, head.digest)
      const packed = ready === undefined ? kept.template(name, form) : undefined
      return packed === undefined ? ready : unpackBytes(packed)
    },
    tarball,
    amending: createAmending(ports, whole.fetch),
    holding: createHolding(ports, whole.fetch, (release) =>
      whole.wait(() => track(releases.learnNow(release))),
    ),
    stopWaiting: whole.stop,
    catchUp: releases.catchUp,
    states: () =>
      upstreams.map(({ id }) => {
        const { lastError, ...state } = breakers(id).state()
        const ofSearch = searching.lastError(id)
        const isNewer = (ofSearch?.atMs ?? 0) > (lastError?.atMs ?? 0)
        return { id, ...state, lastError: isNewer ? ofSearch : lastError }
      }),
    settled,
  }
}

/** Packuments, for those who read them and for those who publish. */
function createPreparing(
  ports: UpstreamPorts,
  {
    upstreamOf,
    packuments,
    track,
  }: Pick<UnderWay, 'track'> & {
    readonly upstreamOf: (name: string) => Upstream | undefined
    readonly packuments: Packuments
  },
): Pick<Proxy, 'prepare' | 'prepareToPublish'> {
  const { kept, takeCold, now } = ports
  const askToPublish = createAskToPublish(ports)
  const prepare = async (
    wanted: Wanted & { readonly isStale?: boolean },
    client: string | undefined,
  ): Promise<KeptHead | undefined> => {
    const { name, form } = wanted
    const upstream = upstreamOf(name)
    if (upstream !== undefined && kept.head(name, form) === undefined) takeCold(client)
    return upstream && track(packuments.prepare(upstream, wanted))
  }
  return {
    prepare: async (name, form, client) => prepare({ name, form }, client),
    // That an upstream has no such package goes into the log: an old answer does not do, however long they last otherwise.
    prepareToPublish: async (name, form, client) => {
      const { checkedMs = now() } = kept.head(name, form) ?? {}
      const isStale = now() - checkedMs > maxAskedToPublishMs
      return askToPublish(name, () => prepare({ name, form, isStale }, client))
    },
  }
}
