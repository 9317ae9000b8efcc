// A snapshot of the trie, so that a start need not build it from the rows of the state. It is only a copy: what cannot be
// used is left alone, and the trie is built from the rows as if there were none.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { parseLeaf } from '@stele/entries/leaf'
import { Trie } from '@stele/state'
import { isSameHash } from '@stele/tlog/tree'
import type { SnapshotHome, StoredHead } from './ports.ts'

const firstLine = 'stele trie snapshot v1'

/** A trie that was loaded: the state after the first `size` entries. */
export type LoadedTrie = { readonly trie: Trie; readonly size: number }

/** What is saved: the committed trie and the head that it belongs to. No group may be open. */
export type SavedTrie = {
  readonly trie: Trie
  readonly head: Pick<StoredHead, 'size' | 'leaf'>
  readonly origin: string
}

/** Writes a snapshot in short steps, between which calls may run and be committed: header, frames of the trie, seal. */
export async function saveTrie(
  { replace, sealKey }: SnapshotHome,
  { trie, head, origin }: SavedTrie,
  breathe: () => Promise<void>,
): Promise<void> {
  if (trie.isGroupOpen) throw new Error('Cannot save a trie in the middle of a group')
  const steps = trie.snapshotInSteps()
  try {
    const first = steps.next() // From here on it is of the version that the head is of.
    const root = Buffer.from(parseLeaf(head.leaf).stateRoot).toString('hex')
    const header = Buffer.from([firstLine, origin, head.size, root, ''].join('\n'))
    await replace(sealedFrames([header, first, steps], { sealKey, breathe }))
  } finally {
    steps.return(undefined)
  }
}

/**
 * The trie of the snapshot, undefined where there is none. Throws for one that the holder of the key did not write, that is
 * of another log or torn.
 */
export function loadTrieSnapshot(home: SnapshotHome, origin: string): LoadedTrie | undefined {
  const seal = createSeal(home.sealKey)
  let header: string | undefined
  let last: Uint8Array | undefined
  for (const frame of home.frames()) {
    if (last !== undefined) seal.add(last)
    header ??= Buffer.from(frame).toString()
    last = frame
  }
  if (header === undefined || last === undefined) return undefined
  if (!seal.is(last)) throw new Error('it does not bear the seal of this log')
  const { size, root } = parseHeader(header, origin)
  const trie = Trie.load(innerFrames(home.frames())) // Nothing of it was believed before the seal was.
  if (!isSameHash(trie.root(), root))
    throw new Error('its trie does not have the root that it names')
  return { trie, size }
}

type Steps = readonly [
  header: Uint8Array,
  first: IteratorResult<Uint8Array, undefined>,
  more: Iterable<Uint8Array>,
]
type Sealing = { readonly sealKey: Uint8Array; readonly breathe: () => Promise<void> }

async function* sealedFrames(
  [header, first, more]: Steps,
  { sealKey, breathe }: Sealing,
): AsyncGenerator<Uint8Array> {
  const seal = createSeal(sealKey)
  seal.add(header)
  yield header
  if (first.value !== undefined) {
    seal.add(first.value)
    yield first.value
  }
  for (const frame of more) {
    seal.add(frame)
    yield frame
    await breathe()
  }
  yield seal.finish()
}

/** All but the first and the last frame. */
function* innerFrames(frames: Iterable<Uint8Array>): Iterable<Uint8Array> {
  let index = 0
  let before: Uint8Array | undefined
  for (const frame of frames) {
    if (before !== undefined && index > 1) yield before
    before = frame
    index++
  }
}

function parseHeader(text: string, origin: string): { size: number; root: Uint8Array } {
  const [line, name, size, root] = text.split('\n')
  if (line !== firstLine || size === undefined || root === undefined) {
    throw new Error('it is in another format')
  }
  if (name !== origin) throw new Error('it belongs to another log')
  return { size: Number(size), root: Buffer.from(root, 'hex') }
}

/** HMAC-SHA256 over each frame with its length, so that frames cannot be cut anew. */
function createSeal(key: Uint8Array) {
  const seal = createHmac('sha256', key)
  return {
    add: (frame: Uint8Array): void => {
      seal.update(Uint32Array.of(frame.length)).update(frame)
    },
    finish: (): Uint8Array => seal.digest(),
    is: (found: Uint8Array): boolean => {
      const wanted = seal.digest()
      return found.length === wanted.length && timingSafeEqual(found, wanted)
    },
  }
}
