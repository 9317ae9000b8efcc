// A replay as a file: what it knows as a line of JSON, then rows, tree hashes and trie as they lie in memory. It is read back
// without being understood, so whoever keeps it must seal it: a changed one would be believed.
import { Trie } from '@stele/state'
import { HashRows } from './hash-rows.ts'
import type { Continuation } from './kept-run.ts'
import { maxSnapshotHeaderBytes, segmentBytes, unitBytes } from './limits.ts'
import type { ReplayFacts } from './replay-facts.ts'

/** Raise it when anything in it changes its meaning: then it is not read back. */
const format = 'stele-audit-snapshot/3'

type Header = {
  readonly format: string
  readonly facts: ReplayFacts
  readonly contentsTo: number
  readonly contentsChecked: number
  /** Bytes of each piece, in the order in which they follow. */
  readonly heads: number
  readonly segments: readonly (readonly [size: number, used: number])[]
  readonly hashes: readonly number[]
  readonly trie: readonly number[]
}

/** The pieces of the file, one after the other. */
export function* writeSnapshot(kept: Continuation): Generator<Uint8Array, undefined> {
  const { rows, trie, facts } = kept.replay
  const { contentsTo, contentsChecked, hashes } = kept
  const levels = Array.from({ length: hashes.levels }, (_, level) => hashes.bytes(level))
  const frames = [...trie.snapshotInSteps()]
  const used = rows.segments.map((segment, at) => usedBytes(rows.heads, segment, at))
  const header: Header = {
    format,
    facts,
    contentsTo,
    contentsChecked,
    heads: rows.heads.byteLength,
    segments: rows.segments.map(({ byteLength }, at) => [byteLength, used[at] ?? byteLength]),
    hashes: levels.map(({ length }) => length),
    trie: frames.map(({ length }) => length),
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  yield length
  yield text
  yield new Uint8Array(rows.heads)
  for (const [at, segment] of rows.segments.entries()) {
    yield new Uint8Array(segment, 0, used[at] ?? segment.byteLength)
  }
  yield* levels
  yield* frames
  return undefined
}

/**
 * What a file holds; `fill` reads its next bytes. Undefined where it is of another format. Throws where it ends too early, or
 * cannot be what was written.
 */
export function readSnapshot(fill: (target: Uint8Array) => void): Continuation | undefined {
  const length = Buffer.alloc(4)
  fill(length)
  const size = length.readUInt32BE()
  if (size > maxSnapshotHeaderBytes) return undefined
  const text = Buffer.alloc(size)
  fill(text)
  const header: Header = JSON.parse(text.toString())
  if (header.format !== format) return undefined
  const take = (bytes: number): Uint8Array => {
    const target = new Uint8Array(bytes)
    fill(target)
    return target
  }
  const heads = new SharedArrayBuffer(header.heads)
  fill(new Uint8Array(heads))
  const segments = header.segments.map(([bytes, used]) => {
    const segment = new SharedArrayBuffer(bytes)
    fill(new Uint8Array(segment, 0, used))
    return segment
  })
  const hashes = new HashRows()
  header.hashes.forEach((bytes, level) => hashes.restore(level, take(bytes)))
  const trie = Trie.load(header.trie.map(take))
  const { facts, contentsTo, contentsChecked } = header
  const replay = { rows: { heads, segments }, trie, facts }
  return { replay, hashes, contentsTo, contentsChecked }
}

/** The segment that is being filled is written as far as it is used, all others whole. */
function usedBytes(heads: SharedArrayBuffer, segment: SharedArrayBuffer, at: number): number {
  const end = (new Int32Array(heads)[0] ?? 0) * unitBytes
  const isFilling = Math.floor(end / segmentBytes) === at && segment.byteLength === segmentBytes
  return isFilling ? end - at * segmentBytes : segment.byteLength
}
