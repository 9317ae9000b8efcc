// The tree of the texts "entry 0", "entry 1", …, its roots by RFC 6962's own recursive words, and a way to break bytes.
import { emptyRoot, type Hash, type HashReader, hashLeaf, hashNode } from '../src/public/tree.ts'

export function leafOf(index: number): Hash {
  return hashLeaf(Buffer.from(`entry ${index}`))
}

/** Reads complete subtrees, remembering every one. */
export function createSampleReader(): HashReader {
  const known = new Map<string, Hash>()
  const read: HashReader = (level, index) => {
    const key = `${level}/${index}`
    const found = known.get(key)
    if (found !== undefined) return found
    const hash =
      level === 0
        ? leafOf(index)
        : hashNode(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))
    known.set(key, hash)
    return hash
  }
  return read
}

/** MTH(D[n]) of RFC 6962, section 2.1, of these leaf hashes. */
export function rootOf(leafHashes: readonly Hash[]): Hash {
  const [first, second] = leafHashes
  if (first === undefined) return emptyRoot
  if (second === undefined) return first
  let k = 1
  while (2 * k < leafHashes.length) k *= 2
  return hashNode(rootOf(leafHashes.slice(0, k)), rootOf(leafHashes.slice(k)))
}

/** The bytes with one bit turned. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const at = Math.floor(bit / 8)
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8))
  return copy
}

/** Every list in which one hash has one bit turned: all 256 bits, or one in each hash. */
export function* brokenProofs(proof: readonly Hash[], everyBit: boolean): Generator<Hash[]> {
  for (const [i, hash] of proof.entries()) {
    const bits = everyBit ? Array.from({ length: 256 }, (_, bit) => bit) : [(i * 37) % 256]
    for (const bit of bits) yield proof.with(i, flipBit(hash, bit))
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

export function seedOf(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte)
}
