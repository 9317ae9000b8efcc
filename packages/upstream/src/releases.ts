// Fetches releases: chosen in the log before anybody gets a byte, compared with what was pinned, learned from afterwards.
import { isSteleError } from '@stele/errors'
import { type Arriving, arrive } from './arriving.ts'
import { createBatches } from './batching.ts'
import { createCatchingUp } from './catching-up.ts'
import { noteConflict } from './conflicts.ts'
import type { Fetching } from './fetching.ts'
import { createPinFinder, type WantedRelease } from './finding.ts'
import { createFlights, type UnderWay } from './flights.ts'
import { createLearning, type Learned, type Learning } from './learning.ts'
import { maxReleasesPerBatch, maxWholeBytes } from './limits.ts'
import type { Packuments } from './packuments.ts'
import type { Pin } from './pins.ts'
import type { HeldTarball, Upstream, UpstreamPorts } from './ports.ts'
import { placeOf } from './redirects.ts'

/** A tarball that is here, or that is coming. */
export type ProxiedTarball =
  | { readonly kind: 'held'; readonly held: HeldTarball; readonly integrity: string }
  | { readonly kind: 'arriving'; readonly arriving: Arriving; readonly integrity: string }

/** Releases of upstreams. */
export type Releases = {
  /** As `Proxy.tarball`, for a tarball that is not here. */
  readonly fetch: (upstream: Upstream, wanted: WantedRelease) => Promise<ProxiedTarball | undefined>
  /** Learns what a tarball holds that is here, if that is not known: the process may have ended before it was. */
  readonly learn: Learn
  /** The same at once. Throws what goes wrong. */
  readonly learnNow: Learning['now']
  /** The same for all that are here, behind the requests. */
  readonly catchUp: () => void
}

/** What releases are made of, beside their ports. `track` is told of what goes on behind the answers. */
type ReleaseParts = {
  readonly fetching: Fetching
  readonly packuments: Packuments
  readonly track: UnderWay['track']
}

/** Releases over their ports. */
export function createReleases(
  ports: UpstreamPorts,
  { fetching, packuments, track }: ReleaseParts,
): Releases {
  const findPinOf = createPinFinder(ports, packuments)
  const learning = createLearning(ports)
  const catchingUp = createCatchingUp(ports, learning.soon)
  const learn: Learn = (release) => void track(catchingUp.learn(release))
  const start = createStart(ports, { fetching, track, learn })
  const fly = createFlights<Arriving | undefined>((arriving) => arriving?.whole)
  const choose = createBatches({
    call: ports.calls.choose,
    max: maxReleasesPerBatch,
    keyOf: ({ name, version }) => `${name}@${version}`,
  })
  return {
    fetch: async (upstream, wanted) => {
      const pin = await findPinOf(upstream, wanted)
      if (pin === undefined) return undefined
      const { name, version, chosen } = wanted
      const { integrity, record } = pin
      if (chosen === undefined) await wanted.refuse?.()
      else if (chosen !== integrity) return undefined // It was published here since.
      const choosing =
        chosen === undefined ? choose({ name, version, integrity, record }) : undefined
      choosing?.catch(() => undefined) // Awaited below, if the tarball comes at all.
      const key = `${name}@${version} ${integrity}`
      const arriving = await fly(key, () => start(upstream, wanted, { pin, choosing }))
      await choosing
      if (arriving === undefined) return undefined
      const { whole, sizeBytes } = arriving
      const isSmall = sizeBytes !== undefined && sizeBytes <= maxWholeBytes
      if (isSmall) return { kind: 'held', held: await whole, integrity }
      return { kind: 'arriving', arriving, integrity }
    },
    learn: ({ name, version }) => {
      if (ports.state.contents(name, version) === undefined) learn({ name, version })
    },
    learnNow: learning.now,
    catchUp: () => void track(catchingUp.catchUp()),
  }
}

type Learn = (release: Learned) => void

type Start = (
  upstream: Upstream,
  wanted: WantedRelease,
  by: {
    readonly pin: Pin
    /** Settles with the log's answer, where it was not chosen before. */
    readonly choosing: Promise<void> | undefined
  },
) => Promise<Arriving | undefined>

/** Nothing is to be learned of it then; whoever wanted it is told. */
const isRefused = (): void => undefined

/** Starts to receive a tarball, which is learned from, or told of, when it is here. */
function createStart(
  ports: UpstreamPorts,
  { fetching, track, learn }: Pick<ReleaseParts, 'fetching' | 'track'> & { readonly learn: Learn },
): Start {
  const { tarballs, report } = ports
  return async (upstream, { name, version }, { pin, choosing }) => {
    const spec = `${name}@${version}`
    const way = { from: upstream.url, to: pin.tarball, what: spec, verb: 'has the tarball at' }
    const answer = await fetching.tarball(upstream, placeOf(upstream, way), spec)
    if (answer === undefined) return undefined
    const sha512 = ports.state.contents(name, version)?.sha512
    const expected = { upstream: upstream.id, spec, integrity: pin.integrity, sha512 }
    const receiving = await tarballs.receive(name).catch((error: unknown) => {
      answer.cancel() // Else its connection would wait for a reader.
      throw error
    })
    const arriving = arrive(answer, { receiving, ...tarballs }, expected)
    const ended = arriving.whole.then(
      () => (choosing ?? Promise.resolve()).then(() => learn({ name, version }), isRefused),
      async (error: unknown) => {
        if (!isSteleError(error, 'upstream_changed')) return
        const { pinned, shown } = error.details
        await noteConflict(ports, name, { version, pinned, shown })
      },
    )
    const noted = ended.catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      report({ kind: 'not_noted', spec, reason }) // The next request meets it again.
    })
    void track(noted)
    return arriving
  }
}
