import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteleError } from '@stele/errors'
import { roundsOf } from '../../testkit/src/rounds.ts'
import {
  type ConsistencyClaim,
  type InclusionClaim,
  verifyConsistency,
  verifyInclusion,
} from '../src/public/proofs.ts'
import { emptyRoot, proveConsistency, proveInclusion, treeRoot } from '../src/public/tree.ts'
import { brokenProofs, createSampleReader, flipBit, leafOf } from './sample-tree.ts'

const read = createSampleReader()
const everySize = 130
const everyBitUpTo = roundsOf({ modest: 5, full: 9 })

function inclusionOf(index: number, size: number): InclusionClaim {
  const proof = proveInclusion(index, size, read)
  return { index, size, leafHash: leafOf(index), root: treeRoot(size, read), proof }
}

function consistencyOf(oldSize: number, newSize: number): ConsistencyClaim {
  const [oldRoot, newRoot] = [treeRoot(oldSize, read), treeRoot(newSize, read)]
  return { oldSize, newSize, oldRoot, newRoot, proof: proveConsistency(oldSize, newSize, read) }
}

function refused(verify: () => void, reason?: RegExp): void {
  assert.throws(verify, (error) => {
    assert.ok(error instanceof SteleError && error.code === 'proof_invalid')
    if (reason !== undefined) assert.match(error.message, reason)
    return true
  })
}

test(`verifyInclusion() accepts every leaf of every size up to ${everySize}`, () => {
  for (let size = 1; size <= everySize; size++) {
    for (let index = 0; index < size; index++) verifyInclusion(inclusionOf(index, size))
  }
})

test('verifyInclusion() refuses when any bit of the proof, the leaf or the root is turned', () => {
  for (let size = 1; size <= everyBitUpTo; size++) {
    for (let index = 0; index < size; index++) {
      const claim = inclusionOf(index, size)
      for (const proof of brokenProofs(claim.proof, true)) {
        refused(() => verifyInclusion({ ...claim, proof }))
      }
      for (let bit = 0; bit < 256; bit++) {
        refused(() => verifyInclusion({ ...claim, leafHash: flipBit(claim.leafHash, bit) }))
        refused(() => verifyInclusion({ ...claim, root: flipBit(claim.root, bit) }))
      }
    }
  }
})

test('verifyInclusion() refuses a bit turned in each hash, a hash too few and one too many at larger sizes', () => {
  for (let size = everyBitUpTo; size <= everySize; size += 11) {
    for (let index = 0; index < size; index++) {
      const claim = inclusionOf(index, size)
      for (const proof of brokenProofs(claim.proof, false)) {
        refused(() => verifyInclusion({ ...claim, proof }))
      }
      refused(() => verifyInclusion({ ...claim, proof: claim.proof.slice(1) }))
      refused(() => verifyInclusion({ ...claim, proof: [...claim.proof, emptyRoot] }), /too many/)
    }
  }
})

test('verifyInclusion() refuses a proof when it is of another index of the tree', () => {
  for (let index = 0; index < 21; index++) {
    const claim = inclusionOf(index, 21)
    for (let other = 0; other < 21; other++) {
      if (other !== index) refused(() => verifyInclusion({ ...claim, index: other }))
    }
  }
})

const wrongInclusions = [
  ['the index is the size', { index: 5 }, /leaf 5 is not in a tree of 5/],
  ['the index is negative', { index: -1 }, /leaf -1 is not/],
  ['the index is no integer', { index: 1.5 }, /leaf 1.5 is not/],
  ['the size is 0', { size: 0 }, /not in a tree of 0/],
  ['the size is over 2^53 - 1', { size: 2 ** 53 }, /not in a tree/],
  ['the leaf hash is short', { leafHash: new Uint8Array(31) }, /32 bytes/],
  ['a hash is long', { proof: [new Uint8Array(33)] }, /32 bytes/],
  ['it has 64 hashes', { proof: Array.from({ length: 64 }, () => emptyRoot) }, /over 63/],
] as const
for (const [why, part, reason] of wrongInclusions) {
  test(`verifyInclusion() refuses when ${why}`, () => {
    refused(() => verifyInclusion({ ...inclusionOf(2, 5), ...part }), reason)
  })
}

test(`verifyConsistency() accepts every pair of sizes up to ${everySize}`, () => {
  for (let newSize = 0; newSize <= everySize; newSize++) {
    for (let oldSize = 0; oldSize <= newSize; oldSize++) {
      verifyConsistency(consistencyOf(oldSize, newSize))
    }
  }
})

test('verifyConsistency() refuses when any bit of the proof or a root is turned', () => {
  for (let newSize = 1; newSize <= everyBitUpTo; newSize++) {
    for (let oldSize = 1; oldSize <= newSize; oldSize++) {
      const claim = consistencyOf(oldSize, newSize)
      for (const proof of brokenProofs(claim.proof, true)) {
        refused(() => verifyConsistency({ ...claim, proof }))
      }
      for (let bit = 0; bit < 256; bit++) {
        refused(() => verifyConsistency({ ...claim, oldRoot: flipBit(claim.oldRoot, bit) }))
        refused(() => verifyConsistency({ ...claim, newRoot: flipBit(claim.newRoot, bit) }))
      }
    }
  }
})

test('verifyConsistency() refuses a bit turned in each hash, a hash too few and one too many at larger sizes', () => {
  for (let newSize = everyBitUpTo; newSize <= everySize; newSize += 11) {
    for (let oldSize = 1; oldSize < newSize; oldSize++) {
      const claim = consistencyOf(oldSize, newSize)
      for (const proof of brokenProofs(claim.proof, false)) {
        refused(() => verifyConsistency({ ...claim, proof }))
      }
      refused(() => verifyConsistency({ ...claim, proof: claim.proof.slice(1) }))
      refused(() => verifyConsistency({ ...claim, proof: [...claim.proof, emptyRoot] }))
    }
  }
})

test('verifyConsistency() refuses a proof when it is between other sizes', () => {
  for (let oldSize = 1; oldSize < 21; oldSize++) {
    const claim = consistencyOf(oldSize, 21)
    for (let other = 1; other < 21; other++) {
      if (other === oldSize) continue
      refused(() => verifyConsistency({ ...claim, oldSize: other }))
    }
  }
})

const root5 = treeRoot(5, read)
const wrongConsistencies = [
  ['the tree shrinks', { oldSize: 6 }, /6 cannot become one of 5/],
  ['a size is negative', { oldSize: -1 }, /cannot become/],
  ['a size is over 2^53 - 1', { newSize: 2 ** 53 }, /cannot become/],
  ['a root is short', { oldRoot: new Uint8Array(31) }, /32 bytes/],
  ['it has no hash', { proof: [] }, /too few/],
  ['size 0 has another root', { oldSize: 0, proof: [] }, /root of nothing/],
  ['size 0 has a proof', { oldSize: 0, oldRoot: emptyRoot }, /too many/],
  ['one size has a proof', { oldSize: 5, oldRoot: root5 }, /too many/],
  ['one size has two roots', { oldSize: 5, proof: [] }, /one size and two roots/],
  ['it has 64 hashes', { proof: Array.from({ length: 64 }, () => emptyRoot) }, /over 63/],
] as const
for (const [why, part, reason] of wrongConsistencies) {
  test(`verifyConsistency() refuses when ${why}`, () => {
    refused(() => verifyConsistency({ ...consistencyOf(3, 5), ...part }), reason)
  })
}
