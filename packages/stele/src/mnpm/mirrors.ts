// Tarballs from mirrors, of which none is trusted: each is asked in turn until one gives the bytes that the registry's checksum names.
import { hash } from 'node:crypto'
import type { Fetched, VerifyPorts } from '@stele/audit'
import { isSteleError, SteleError } from '@stele/errors'
import { maxSharedBytes, maxTarballBytes, mirrorPatienceMs } from './limits.ts'

/** What a mirror did wrong. */
export type MirrorFault = {
  readonly mirror: string
  readonly spec: string
  readonly reason: string
  /** SHA-512, hex, where it gave other bytes. */
  readonly wanted?: string
  readonly found?: string
}

/** A release, and its checksum. */
type WantedTarball = {
  readonly name: string
  readonly version: string
  /** Hex. */
  readonly sha512: string
}

/** Mirrors of one installation. */
export type Mirrors = {
  /** Throws `mirrors_failed` when none has it. */
  readonly fetch: (wanted: WantedTarball) => Promise<Uint8Array>
  /** What went wrong so far, in the order in which it was met. */
  readonly faults: readonly MirrorFault[]
  /** How many tarballs came from each. */
  readonly given: ReadonlyMap<string, number>
}

type Fault = Pick<MirrorFault, 'reason' | 'wanted' | 'found'> & {
  /** It was giving it, and others may have it sooner. */
  readonly isLate?: boolean
}

const statusOk = 200

/** As mnpm's mirrors call the file. */
const seedTemplate = '{mirror}/{name}/{file}-v{version}.tgz'

/** Opens the mirrors at these addresses. One that failed is asked after the others from then on. */
export function openMirrors(
  urls: readonly string[],
  {
    open,
    template = seedTemplate,
    maxBytes = maxTarballBytes,
    sharedBytes = maxSharedBytes,
  }: {
    /** Opens one by its address; the whole address of a file is asked for. An answer that takes longer than `patienceMs` is given up. */
    readonly open: (mirror: string, patienceMs?: number) => Fetch
    readonly template?: string | undefined
    /** Of a tarball, and of one that comes beside others: larger ones are asked for again, and come one after the other. */
    readonly maxBytes?: number
    readonly sharedBytes?: number
  },
): Mirrors {
  const mirrors = [...new Set(urls)].map((url) => ({
    url,
    fetch: open(url),
    // A mirror that drips would keep everybody waiting while others have the same.
    fetchSoon: open(url, mirrorPatienceMs),
  }))
  const failed = new Map<string, number>()
  const given = new Map<string, number>()
  const faults: MirrorFault[] = []
  const askOne = createAsk({ template, maxBytes, sharedBytes })
  return {
    faults,
    given,
    fetch: async (wanted) => {
      const spec = `${wanted.name}@${wanted.version}`
      const tried: { mirror: string; reason: string }[] = []
      const failures = ({ url }: { readonly url: string }): number => failed.get(url) ?? 0
      const sorted = mirrors.toSorted((one, other) => failures(one) - failures(other))
      const late: typeof mirrors = []
      const turns = function* () {
        for (const mirror of sorted) yield { mirror, isSoon: sorted.length > 1 }
        for (const mirror of late) yield { mirror, isSoon: false } // Nobody has it sooner.
      }
      for (const { mirror, isSoon } of turns()) {
        const { url } = mirror
        const before = failures(mirror)
        const outcome = await askOne(wanted, {
          mirror: url,
          fetch: isSoon ? mirror.fetchSoon : mirror.fetch,
          hasFailed: () => isSoon && failures(mirror) > before,
          noteFailure: () => void failed.set(url, failures(mirror) + 1),
        })
        if (outcome instanceof Uint8Array) {
          given.set(url, (given.get(url) ?? 0) + 1)
          return outcome
        }
        const { isLate, ...fault } = outcome
        if (isLate === true) late.push(mirror)
        faults.push({ mirror: url, spec, ...fault })
        tried.push({ mirror: url, reason: describeFault(fault) })
      }
      throw new SteleError('mirrors_failed', { spec, tried })
    },
  }
}

type Fetch = VerifyPorts['fetch']

type Asked = {
  readonly mirror: string
  readonly fetch: Fetch
  /** Whether it failed for another tarball while this one waited for its turn. */
  readonly hasFailed: () => boolean
  readonly noteFailure: () => void
}

const failedMeanwhile: Fault = { reason: 'it failed for another tarball before', isLate: true }

/** Asks one mirror. Large tarballs come one after the other. */
function createAsk({
  template,
  maxBytes,
  sharedBytes,
}: {
  readonly template: string
  readonly maxBytes: number
  readonly sharedBytes: number
}): (wanted: WantedTarball, asked: Asked) => Promise<Uint8Array | Fault> {
  const alone = oneByOne()
  return async (wanted, { mirror, fetch, hasFailed, noteFailure }) => {
    const address = addressOf(template, mirror, wanted)
    const ask = async (limit: number): Promise<Uint8Array | Fault | 'longer'> => {
      const found = await judge(fetch(address, limit), { wanted, limit })
      const isLonger = found === 'longer' && limit < maxBytes
      if (!(found instanceof Uint8Array || isLonger)) noteFailure()
      return found
    }
    const shared = await ask(Math.min(sharedBytes, maxBytes))
    const found =
      shared === 'longer' && sharedBytes < maxBytes
        ? await alone(async () => (hasFailed() ? failedMeanwhile : ask(maxBytes)))
        : shared
    return found === 'longer' ? { reason: `it gives more than ${maxBytes} bytes` } : found
  }
}

/** What a mirror's answer is: the right bytes, more than the limit, or none of them. */
async function judge(
  answering: Promise<Fetched>,
  { wanted, limit }: { readonly wanted: WantedTarball; readonly limit: number },
): Promise<Uint8Array | Fault | 'longer'> {
  try {
    const { status, bytes } = await answering
    if (status !== statusOk) return { reason: `it answers with status ${status}` }
    if (bytes.length > limit) return 'longer'
    const found = hash('sha512', bytes)
    if (found === wanted.sha512) return bytes
    return { reason: 'it gives other bytes', wanted: wanted.sha512, found }
  } catch (error) {
    if (isSteleError(error, 'server_unreachable')) {
      const { reason, isLate = false } = error.details
      return { reason, isLate }
    }
    if (isSteleError(error, 'server_refused')) return { reason: error.details.message }
    throw error
  }
}

/** Runs what it is given, each when those before have ended. */
function oneByOne(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }
}

/** In words, with both digests where the bytes were others. */
export function describeFault({
  reason,
  wanted,
  found,
}: Pick<MirrorFault, 'reason' | 'wanted' | 'found'>): string {
  if (wanted === undefined || found === undefined) return reason
  return `${reason}: their SHA-512 is ${found}, and the registry says ${wanted}`
}

/** Why a template can be none; undefined where it can. */
export function templateFault(template: string): string | undefined {
  const parts = partsOf('', { name: '', version: '', sha512: '' })
  const odd = template.match(/\{\w*\}/g)?.find((part) => !Object.hasOwn(parts, part.slice(1, -1)))
  if (odd !== undefined) return `there is no ${odd}; there are {${Object.keys(parts).join('}, {')}}`
  return template.startsWith('{mirror}/') ? undefined : 'it must begin with {mirror}/'
}

/** Where a mirror should have it. The parts are a registry's words: each stays within its place. */
function addressOf(template: string, mirror: string, wanted: WantedTarball): string {
  const parts = partsOf(mirror, wanted)
  return template.replace(/\{(\w+)\}/g, (whole, part: string) => parts[part] ?? whole)
}

function partsOf(
  mirror: string,
  { name, version, sha512 }: WantedTarball,
): { readonly [part: string]: string } {
  return {
    mirror,
    name: name.split('/').map(encodeURIComponent).join('/'),
    file: encodeURIComponent(name.slice(name.indexOf('/') + 1)),
    version: encodeURIComponent(version),
    sha512,
  }
}
