// Fetches releases: chosen in the log before anybody gets a byte, compared with what was pinned, learned from afterwards.
import { isSteleError } from '@stele/errors'
import { type PackageName, parseVersion } from '@stele/formats/names'
import type { Form } from '@stele/releases/release'
import { type Arriving, arrive } from './arriving.ts'
import { createBatches } from './batching.ts'
import { noteConflict } from './conflicts.ts'
import type { Fetching } from './fetching.ts'
import { createFlights, type UnderWay } from './flights.ts'
import { createLearning, type Learned } from './learning.ts'
import { askAgainMs, maxAskedAgain, maxReleasesPerBatch, maxWholeBytes } from './limits.ts'
import { unpack, unpackBytes } from './pack.ts'
import type { Packuments } from './packuments.ts'
import { findPin, type Pin, pinsInTemplate } from './pins.ts'
import { forms, type HeldTarball, type Upstream, type UpstreamPorts } from './ports.ts'
import { placeOf } from './redirects.ts'

/** A tarball that is here, or that is coming. */
export type ProxiedTarball =
  | { readonly kind: 'held'; readonly held: HeldTarball; readonly integrity: string }
  | { readonly kind: 'arriving'; readonly arriving: Arriving; readonly integrity: string }

/** A release that is to be fetched. `chosen` is the integrity that it was chosen with before. */
type WantedRelease = {
  readonly name: PackageName
  readonly version: string
  readonly chosen: string | undefined
}

/** Releases of upstreams. */
export type Releases = {
  /** As `Proxy.tarball`, for a tarball that is not here. */
  readonly fetch: (upstream: Upstream, wanted: WantedRelease) => Promise<ProxiedTarball | undefined>
  /** Learns what a tarball holds that is here, if that is not known: the process may have ended before it was. */
  readonly catchUp: (name: string, version: string, held: HeldTarball) => void
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
  const learn: Learn = (release) => void track(learning(release))
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
      if (chosen !== undefined && chosen !== integrity) return undefined // It was published here since.
      const choosing =
        chosen === undefined ? choose({ name, version, integrity, record }) : undefined
      choosing?.catch(() => undefined) // Awaited below, if the tarball comes at all.
      const key = `${name}@${version} ${integrity}`
      const arriving = await fly(key, () => start(upstream, wanted, pin))
      await choosing
      if (arriving === undefined) return undefined
      const { whole, sizeBytes } = arriving
      const isSmall = sizeBytes !== undefined && sizeBytes <= maxWholeBytes
      if (isSmall) return { kind: 'held', held: await whole, integrity }
      return { kind: 'arriving', arriving, integrity }
    },
    catchUp: (name, version, held) => {
      if (ports.state.contents(name, version) !== undefined) return
      const release = ports.state.chosenReleases(name).find((one) => one.version === version)
      if (release !== undefined) learn({ name, version, record: release.record, held })
    },
  }
}

type Asked = Pick<WantedRelease, 'name' | 'version'> & {
  readonly url: string
  /** The packuments that may tell it. */
  readonly told: readonly Form[]
}

/** What is kept of a release beside the packuments, or what one of them tells. */
function pinOf(kept: UpstreamPorts['kept'], { name, version, url, told }: Asked): Pin | undefined {
  const pins = kept.pins(name)
  const found = pins === undefined ? undefined : findPin(unpack(pins), version)
  if (found !== undefined) return found
  const isWanted = (one: string): boolean => one === version
  for (const form of told) {
    const template = kept.template(name, form)
    if (template === undefined) continue
    const [pin] = pinsInTemplate(unpackBytes(template), { name, url, isWanted })
    if (pin !== undefined) return pin
  }
  return undefined
}

type PinFinder = (upstream: Upstream, wanted: WantedRelease) => Promise<Pin | undefined>

/** By what a release is chosen: as it was pinned, asked anew where it is not known. */
function createPinFinder(
  { kept, now }: UpstreamPorts,
  { prepare, currentForms }: Packuments,
): PinFinder {
  const mayAskAgain = createAskingAgain(now)
  return async (upstream, release) => {
    const { name, version } = release
    if (!isVersion(version)) return undefined
    const ofLog = release.chosen === undefined ? currentForms(name) : forms
    const asked = { name, version, url: upstream.url, told: forms }
    const known = ofLog.length === 0 ? undefined : pinOf(kept, { ...asked, told: ofLog })
    if (known !== undefined) return known
    const wanted = { name, form: 'abbreviated' as const }
    const checkedMs = kept.head(name, wanted.form)?.checkedMs
    const head = await prepare(upstream, wanted)
    const found = pinOf(kept, asked)
    if (found !== undefined) return found
    const isNowhere = head === undefined && kept.head(name, wanted.form)?.checkedMs !== checkedMs
    if (isNowhere || !mayAskAgain(name)) return undefined
    await prepare(upstream, { ...wanted, isStale: true }) // It may be a minute old.
    return pinOf(kept, asked)
  }
}

/** Whether a name may be asked for once more at once: anybody can make up versions that it does not have. */
function createAskingAgain(now: () => number): (name: string) => boolean {
  const askedMs = new Map<string, number>() // The oldest first.
  return (name) => {
    for (const [one, atMs] of askedMs) {
      if (now() - atMs < askAgainMs && askedMs.size < maxAskedAgain) break
      askedMs.delete(one)
    }
    if (askedMs.has(name)) return false
    askedMs.set(name, now())
    return true
  }
}

function isVersion(text: string): boolean {
  try {
    parseVersion(text)
    return true
  } catch (error) {
    if (isSteleError(error, 'version_invalid')) return false
    throw error
  }
}

type Learn = (release: Learned) => void

type Start = (upstream: Upstream, wanted: WantedRelease, pin: Pin) => Promise<Arriving | undefined>

/** Starts to receive a tarball, which is learned from, or told of, when it is here. */
function createStart(
  ports: UpstreamPorts,
  { fetching, track, learn }: Pick<ReleaseParts, 'fetching' | 'track'> & { readonly learn: Learn },
): Start {
  const { tarballs, report } = ports
  return async (upstream, { name, version }, pin) => {
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
      (held) => learn({ name, version, record: pin.record, held }),
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
