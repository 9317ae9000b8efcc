// Serves packuments as bytes that are ready: made once for each revision, form, base address and coding. Compressing
// what is large is left to other threads; whoever has the bytes already is told so before anything is made.
import { gzipSync } from 'node:zlib'
import type { Form } from '@stele/releases/release'
import { type BaseAddress, createBaseAddresses } from './base-addresses.ts'
import { type ByteCache, createByteCache } from './byte-cache.ts'
import { packBrotli, packZstd } from './coding.ts'
import { type Beginning, beginningBytes, beginningOf, grownText } from './grown.ts'
import { type PackedPieces, packGrown, packPieces } from './gzip-pieces.ts'
import { maxCacheBytes, sharedBytes, syncGzipBytes } from './limits.ts'
import { createObserved, type Observed, type Revision } from './observed.ts'
import { formatPackument, type PackumentText } from './packument.ts'
import type { RegistryPorts } from './ports.ts'

/** How a packument is wanted. `baseUrl` is what tarball addresses begin with, as the client reaches this registry. */
export type PackumentAsk = {
  readonly form: Form
  readonly baseUrl: string
  readonly coding?: Coding
  /** True where the client has the bytes of this head: then none are made. */
  readonly isKnown?: (head: PackumentHead) => boolean
}

/** The codings that bytes are kept in, each once it was asked for. */
type Coding = 'identity' | 'gzip' | 'zstd' | 'br'

/** What is known of a packument before its bytes. `etag` is strong, quoted, and differs by revision, form, base address and coding. */
export type PackumentHead = {
  readonly etag: string
  readonly modifiedMs: number
  readonly rev: string
  readonly coding: Coding
}

/** A packument as it is sent; without bytes where the client has them. */
export type PackumentView = PackumentHead & { readonly bytes?: Uint8Array }

/** `pieces` are there for a large gzip member, of which the next one takes over what it can; with `beginning` it is not even compared. */
type Made = PackumentHead & {
  readonly bytes: Uint8Array
  readonly pieces?: PackedPieces['pieces']
  readonly beginning?: Beginning | undefined
}

/** A packument by name, at once where its bytes are ready; undefined for a package that is not there, or has no version left. */
export type Packuments = (
  name: string,
  ask: PackumentAsk,
) => PackumentView | undefined | Promise<PackumentView | undefined>

/** Raise it when the same revision is written in other bytes than before: it is part of every ETag. */
const formatVersion = 3

/** Packuments over the state and the views, with at most `maxBytes` kept ready. */
export function createPackuments(
  ports: Pick<RegistryPorts, 'state' | 'views' | 'now' | 'upstream'>,
  maxBytes: number = maxCacheBytes,
): Packuments {
  const cache = createByteCache<Made>(maxBytes)
  const running = new Map<string, Promise<PackumentView | undefined>>()
  const sent = createLastMade()
  const findBase = createBaseAddresses(ports.now)
  const sources = { ...ports, observed: createObserved(ports.upstream) }
  return (name, ask) => {
    const { form, coding = 'identity', isKnown } = ask
    const wanted = { sources, cache, name, form, coding, base: findBase(ask.baseUrl) }
    const revision = findRevision(wanted)
    if (revision === undefined) return undefined
    const head = headOf(wanted, revision)
    if (isKnown?.(head) === true) return head
    const kept = cache.get(keyOf(wanted))
    if (kept?.etag === head.etag) return kept
    const flight = `${head.etag} ${keyOf(wanted)}` // The whole address: its digest in the ETag is short, and whoever asks chooses the Host.
    if (coding === 'identity') return sent(flight, () => makePlain(wanted))
    return running.get(flight) ?? track(running, flight, makePacked(wanted))
  }
}

/** Gives what was made before, as long as somebody still has it: clients that do not read hold it once, not each for themselves. */
function createLastMade(): (key: string, make: () => Made | undefined) => Made | undefined {
  const known = new Map<string, WeakRef<Uint8Array>>()
  const gone = new FinalizationRegistry<string>((key) => {
    if (known.get(key)?.deref() === undefined) known.delete(key)
  })
  const heads = new WeakMap<Uint8Array, Made>()
  return (key, make) => {
    const bytes = known.get(key)?.deref()
    const before = bytes && heads.get(bytes)
    if (before !== undefined) return before
    const made = make()
    if (made === undefined || made.bytes.length < sharedBytes) return made
    known.set(key, new WeakRef(made.bytes))
    heads.set(made.bytes, made)
    gone.register(made.bytes, key)
    return made
  }
}

/** Remembers what is being made until it is, so that many who ask at once wait for one. */
function track<Value>(
  running: Map<string, Promise<Value>>,
  key: string,
  making: Value | Promise<Value>,
): Value | Promise<Value> {
  if (!(making instanceof Promise)) return making
  running.set(key, making)
  const land = (): unknown => running.delete(key)
  making.then(land, land)
  return making
}

type Wanted = {
  readonly sources: Pick<RegistryPorts, 'state' | 'views'> & { readonly observed: Observed }
  readonly cache: ByteCache<Made>
  readonly name: string
  readonly form: Form
  readonly coding: Coding
  readonly base: BaseAddress
}

function keyOf({ coding, form, name, base }: Wanted): string {
  return `${coding} ${form} ${name} ${base.text}`
}

/** The revision holds a leaf hash, and so names the package's state for all time; the rest tells representations apart. */
function headOf({ form, coding, base }: Wanted, revision: Revision): PackumentHead {
  const { rev, modifiedMs, starEntry } = revision
  const star = form === 'full' && starEntry >= 0 ? `s${starEntry}` : ''
  const kind = `${formatVersion}${form.charAt(0)}${coding.charAt(0)}${star}`
  return { etag: `"${rev}-${kind}-${base.digest}"`, modifiedMs, rev, coding }
}

/** Undefined for a package that is not there, or has no version left. */
function findRevision({ sources, name, form }: Wanted): Revision | undefined {
  const row = sources.views.package(name)
  return row === undefined || row.latest === null ? sources.observed.revision(name, form) : row
}

/** A packument as it is now, without a coding: all of it, with the text that it was made of, or what is new at its end. */
type Assembled = { readonly revision: Revision } & (
  | { readonly whole: Uint8Array; readonly text?: PackumentText }
  | { readonly whole: undefined; readonly text: PackumentText; readonly beginning: Beginning }
)

/** Undefined when its last version went meanwhile. */
function assemble(wanted: Wanted, beginning?: Beginning): Assembled | undefined {
  const { sources, cache, name, form, base } = wanted
  return sources.views.snapshot(() => {
    const revision = findRevision(wanted)
    if (revision === undefined) return undefined
    const plain = { ...wanted, coding: 'identity' as const }
    const kept = cache.get(keyOf(plain))
    if (kept?.etag === headOf(plain, revision).etag) return { revision, whole: kept.bytes }
    const row = sources.views.package(name)
    if (row === undefined || row.latest === null) {
      const whole = sources.observed.bytes(name, form, base.text)
      return whole && { revision, whole }
    }
    const head = { name, form, baseUrl: base.text }
    const text = formatPackument(sources, head, { row, after: beginning?.soFar })
    if (text.hasGrown && beginning !== undefined)
      return { revision, whole: undefined, text, beginning }
    return { revision, whole: Buffer.concat([text.versions, text.end]), text }
  })
}

function makePlain(wanted: Wanted): Made | undefined {
  const plain = assemble(wanted)
  if (plain?.whole === undefined) return undefined
  return keep(wanted, { ...headOf(wanted, plain.revision), bytes: plain.whole })
}

/** Compresses here where that is a matter of microseconds, else on other threads. */
function makePacked(wanted: Wanted): Made | undefined | Promise<Made> {
  const { coding } = wanted
  if (coding === 'gzip') return makeGzip(wanted)
  const plain = assemble(wanted)
  if (plain?.whole === undefined) return undefined
  const head = headOf(wanted, plain.revision)
  const pack = coding === 'zstd' ? packZstd : packBrotli
  return pack(plain.whole).then((bytes) => keep(wanted, { ...head, bytes }))
}

function makeGzip(wanted: Wanted): Made | undefined | Promise<Made> {
  const before = wanted.cache.get(keyOf(wanted)) // Of another revision: else it would have been given.
  const assembled = assemble(wanted, before?.beginning)
  if (assembled === undefined) return undefined
  const { revision, whole, text } = assembled
  const head = headOf(wanted, revision)
  if (whole !== undefined && whole.length <= syncGzipBytes)
    return keep(wanted, { ...head, bytes: gzipSync(whole, { level: 6 }) })
  const { bytes = new Uint8Array(), pieces = [] } = before ?? {}
  const packed =
    whole === undefined
      ? packGrown(grownText(text, assembled.beginning, { bytes, pieces }))
      : packPieces(whole, { bytes, pieces })
  const beginning = text && beginningOf(text, before?.beginning)
  return packed.then((made) => keep(wanted, { ...head, ...made, beginning }))
}

/** Keeps what was made, in memory of its own: zlib and Buffer give views into larger blocks. */
function keep(wanted: Wanted, made: Made): Made {
  if (!wanted.base.isKept) return made
  const bytes = new Uint8Array(made.bytes)
  const sizeBytes = bytes.length + beginningBytes(made.beginning)
  wanted.cache.set(keyOf(wanted), { ...made, bytes }, sizeBytes)
  return made
}
