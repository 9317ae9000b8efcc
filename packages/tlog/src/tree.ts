// Roots and proofs of the Merkle tree, made from the hashes of complete subtrees (RFC 6962, section 2.1).
import { emptyRoot, type Hash, hashNode } from './hash.ts'
import { maxTreeSize } from './limits.ts'

/**
 * Gives the hash of the complete subtree of 2^level leaves that has number `index` at its level.
 */
export type HashReader = (level: number, index: number) => Hash

/** The root of the tree of the first `size` leaves. */
export function treeRoot(size: number, read: HashReader): Hash {
  checkRange(0, size, maxTreeSize)
  return size === 0 ? emptyRoot : rangeRoot(0, size, read)
}

/**
 * The inclusion proof of leaf `index` in the tree of `size` leaves, from the leaf to the root. RFC
 * 6962, section 2.1.1.
 */
export function proveInclusion(index: number, size: number, read: HashReader): Hash[] {
  checkRange(0, index, size - 1)
  const proof: Hash[] = []
  let [start, end] = [0, size]
  while (end - start > 1) {
    const middle = splitOf(start, end)
    if (index < middle) {
      proof.push(rangeRoot(middle, end, read))
      end = middle
    } else {
      proof.push(rangeRoot(start, middle, read))
      start = middle
    }
  }
  return proof.reverse()
}

/**
 * The proof that the tree of `newSize` leaves extends that of `oldSize`. Empty when `oldSize` is 0
 * or the same. RFC 6962, section 2.1.2.
 */
export function proveConsistency(oldSize: number, newSize: number, read: HashReader): Hash[] {
  checkRange(0, oldSize, newSize)
  if (oldSize === 0 || oldSize === newSize) return []
  const proof: Hash[] = []
  let [start, end] = [0, newSize]
  while (oldSize < end) {
    const middle = splitOf(start, end)
    if (oldSize <= middle) {
      proof.push(rangeRoot(middle, end, read))
      end = middle
    } else {
      proof.push(rangeRoot(start, middle, read))
      start = middle
    }
  }
  // What is left is the old tree's last subtree; its hash is known where it is the whole old tree.
  if (start > 0) proof.push(rangeRoot(start, end, read))
  return proof.reverse()
}

/** The root of the leaves [start, end), a node of the tree: `start` is a multiple of its width. */
function rangeRoot(start: number, end: number, read: HashReader): Hash {
  const width = end - start
  const level = levelOf(width)
  if (2 ** level === width) return read(level, start / width)
  const middle = splitOf(start, end)
  return hashNode(rangeRoot(start, middle, read), rangeRoot(middle, end, read))
}

/**
 * Where [start, end), of at least two leaves, splits: after the largest power of two below its
 * width.
 */
function splitOf(start: number, end: number): number {
  return start + 2 ** levelOf(end - start - 1)
}

/** The exponent of the largest power of two that is at most `width`. */
function levelOf(width: number): number {
  const high = Math.floor(width / 2 ** 32)
  return high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(width)
}

function checkRange(low: number, value: number, high: number): void {
  if (!Number.isSafeInteger(value) || !Number.isSafeInteger(high) || value < low || value > high) {
    throw new Error(`Cannot read the tree: ${value} is outside [${low}, ${high}]`)
  }
}
