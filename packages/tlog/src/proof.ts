// Checks of inclusion and consistency proofs, which come from whoever may be lying.
import { SteleError } from '@stele/errors'
import { emptyRoot, type Hash, hashNode, hashSizeBytes, isSameHash } from './hash.ts'
import { maxProofHashes } from './limits.ts'

/**
 * What an inclusion proof claims: the leaf of this hash is leaf `index` of the tree of `size`
 * leaves with this root.
 */
export type InclusionClaim = {
  readonly index: number
  readonly size: number
  readonly leafHash: Hash
  readonly root: Hash
  readonly proof: readonly Hash[]
}

/** What a consistency proof claims: the new tree begins with the old one. */
export type ConsistencyClaim = {
  readonly oldSize: number
  readonly newSize: number
  readonly oldRoot: Hash
  readonly newRoot: Hash
  readonly proof: readonly Hash[]
}

/**
 * Returns when the proof holds. Throws `proof_invalid`. RFC 6962, section 2.1.1; RFC 9162, section
 * 2.1.3.2.
 */
export function verifyInclusion(claim: InclusionClaim): void {
  const { index, size, leafHash, root, proof } = claim
  const wrong = wrongShape([leafHash, root, ...proof]) ?? wrongIndex(index, size)
  if (wrong !== undefined) throw invalid('inclusion proof', wrong)
  let [node, last, hash] = [index, size - 1, leafHash]
  for (const sibling of proof) {
    if (last === 0) throw invalid('inclusion proof', 'it has too many hashes')
    if (isOdd(node) || node === last) {
      hash = hashNode(sibling, hash)
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)]
    } else {
      hash = hashNode(hash, sibling)
    }
    ;[node, last] = [half(node), half(last)]
  }
  if (last !== 0) throw invalid('inclusion proof', 'it has too few hashes')
  if (!isSameHash(hash, root)) throw invalid('inclusion proof', 'it leads to another root')
}

/**
 * Returns when the proof holds. A tree of size 0 has the root of nothing. Throws `proof_invalid`.
 * RFC 6962, section 2.1.2; RFC 9162, section 2.1.4.2.
 */
export function verifyConsistency(claim: ConsistencyClaim): void {
  const { oldSize, newSize, oldRoot, newRoot, proof } = claim
  const wrong =
    wrongShape([oldRoot, newRoot, ...proof]) ??
    wrongSizes(oldSize, newSize) ??
    wrongEmptyRoot(oldSize, oldRoot) ??
    wrongEmptyRoot(newSize, newRoot)
  if (wrong !== undefined) throw inconsistent(wrong)
  if (oldSize === 0 || oldSize === newSize) {
    if (proof.length > 0) throw inconsistent('it has too many hashes')
    if (oldSize > 0 && !isSameHash(oldRoot, newRoot)) {
      throw inconsistent('the trees have one size and two roots')
    }
    return
  }
  const [oldFound, newFound] = rootsOf(claim)
  if (!isSameHash(oldFound, oldRoot)) throw inconsistent('it leads to another old root')
  if (!isSameHash(newFound, newRoot)) throw inconsistent('it leads to another new root')
}

/** The old and the new root that the proof leads to, for 0 < oldSize < newSize. */
function rootsOf({ oldSize, newSize, oldRoot, proof }: ConsistencyClaim): [Hash, Hash] {
  let [node, last] = [oldSize - 1, newSize - 1]
  while (isOdd(node)) [node, last] = [half(node), half(last)]
  // At node 0 the old tree is one complete subtree, and the proof leaves its root out.
  const [first, ...rest] = node === 0 ? [oldRoot, ...proof] : proof
  if (first === undefined) throw inconsistent('it has too few hashes')
  let [oldHash, newHash] = [first, first]
  for (const sibling of rest) {
    if (last === 0) throw inconsistent('it has too many hashes')
    if (isOdd(node) || node === last) {
      oldHash = hashNode(sibling, oldHash)
      newHash = hashNode(sibling, newHash)
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)]
    } else {
      newHash = hashNode(newHash, sibling)
    }
    ;[node, last] = [half(node), half(last)]
  }
  if (last !== 0) throw inconsistent('it has too few hashes')
  return [oldHash, newHash]
}

function wrongShape(hashes: readonly Hash[]): string | undefined {
  if (hashes.length > maxProofHashes + 2) return `it has over ${maxProofHashes} hashes`
  return hashes.every((hash) => hash.length === hashSizeBytes)
    ? undefined
    : 'a hash has not 32 bytes'
}

function wrongIndex(index: number, size: number): string | undefined {
  const inside = isCount(index) && isCount(size) && index < size
  return inside ? undefined : `leaf ${index} is not in a tree of ${size}`
}

function wrongSizes(oldSize: number, newSize: number): string | undefined {
  const grows = isCount(oldSize) && isCount(newSize) && oldSize <= newSize
  return grows ? undefined : `a tree of ${oldSize} cannot become one of ${newSize}`
}

function wrongEmptyRoot(size: number, root: Hash): string | undefined {
  return size > 0 || isSameHash(root, emptyRoot)
    ? undefined
    : 'a tree of size 0 has not the root of nothing'
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

// Not `&` and `>>`: they cut numbers to 32 bits.
function isOdd(value: number): boolean {
  return value % 2 === 1
}

function half(value: number): number {
  return Math.floor(value / 2)
}

function inconsistent(reason: string): SteleError {
  return invalid('consistency proof', reason)
}

function invalid(what: string, reason: string): SteleError {
  return new SteleError('proof_invalid', { what, reason })
}
