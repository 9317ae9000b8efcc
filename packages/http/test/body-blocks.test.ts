// What a body holds while it comes: blocks and large chunks, each counted before it is there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { createBodyBlocks } from '../src/body-blocks.ts'
import { firstBlockBytes, keptChunkBytes, maxBlockBytes } from '../src/limits.ts'

const [kib, mib] = [1024, 1024 * 1024]

/** Chunks that each have memory of their own, and bytes that tell them apart. */
function chunksOf(sizes: readonly number[]): Uint8Array[] {
  return sizes.map((sizeBytes, at) => new Uint8Array(sizeBytes).fill(at % 251))
}

type Row = {
  readonly what: string
  readonly sizes: readonly number[]
  readonly limitBytes?: number
  /** The sizes that room was taken for. */
  readonly took: readonly number[]
}

const ones = (count: number): number[] => Array.from({ length: count }, () => 1)
const rows: readonly Row[] = [
  { what: 'nothing came', sizes: [], took: [] },
  { what: 'a chunk is empty', sizes: [0], took: [] },
  { what: 'one byte came', sizes: [1], took: [4 * kib] },
  { what: 'tiny chunks fill a block', sizes: ones(firstBlockBytes), took: [4 * kib] },
  {
    what: 'one byte more came',
    sizes: ones(firstBlockBytes + 1),
    took: [4 * kib, 8 * kib],
  },
  {
    what: 'chunks end one byte before, at, and one byte behind the end of a block',
    sizes: [4 * kib - 1, 1, 8 * kib + 1, 16 * kib - 2, 1],
    took: [4 * kib, 8 * kib, 16 * kib, 32 * kib].slice(0, 3),
  },
  {
    what: 'a chunk goes over three blocks',
    sizes: [1, keptChunkBytes - 1, 1],
    took: [4 * kib, 8 * kib, 16 * kib],
  },
  { what: 'a chunk is large enough to be kept', sizes: [keptChunkBytes], took: [keptChunkBytes] },
  { what: 'one large chunk is the body', sizes: [5 * mib], took: [5 * mib] },
  {
    what: 'single bytes stand between large chunks',
    sizes: [1, 64 * kib, 1, 64 * kib, 1],
    took: [4 * kib, 64 * kib, 64 * kib],
  },
  {
    what: 'blocks have grown as large as they may',
    sizes: Array.from({ length: 400 }, () => 8 * kib),
    took: [4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024].map((size) => size * kib),
  },
  {
    what: 'the limit ends a block early',
    sizes: [4 * kib, 1],
    limitBytes: 4 * kib + 1,
    took: [4 * kib, 1],
  },
  { what: 'the limit is below a block', sizes: [3, 4], limitBytes: 7, took: [7] },
  {
    what: 'large chunks leave little of the limit',
    sizes: [64 * kib, 1, 1],
    limitBytes: 64 * kib + 2,
    took: [64 * kib, 2],
  },
]
for (const { what, sizes, limitBytes = 8 * mib, took } of rows) {
  test(`createBodyBlocks() takes room for what it holds and joins what came when ${what}`, async () => {
    const taken: number[] = []
    const blocks = createBodyBlocks(limitBytes, (sizeBytes) => void taken.push(sizeBytes))
    const chunks = chunksOf(sizes)
    for (const chunk of chunks) blocks.add(chunk)
    assert.deepEqual(taken, took)
    assert.ok(took.every((sizeBytes) => sizeBytes <= maxBlockBytes || sizes.includes(sizeBytes)))
    assert.ok(Buffer.concat(chunks).equals(await blocks.join()))
  })
}

test('createBodyBlocks() copies a chunk when it is a small part of the memory it holds on to', async () => {
  const taken: number[] = []
  const blocks = createBodyBlocks(mib, (sizeBytes) => void taken.push(sizeBytes))
  const read = new Uint8Array(2 * keptChunkBytes).fill(7)
  blocks.add(read.subarray(0, keptChunkBytes))
  read.fill(8)
  assert.deepEqual(taken, [4 * kib, 8 * kib, 16 * kib])
  assert.ok(Buffer.alloc(keptChunkBytes, 7).equals(await blocks.join()))
})

test('createBodyBlocks() takes room for all the memory that a kept chunk holds on to', () => {
  const taken: number[] = []
  const blocks = createBodyBlocks(mib, (sizeBytes) => void taken.push(sizeBytes))
  blocks.add(new Uint8Array(2 * keptChunkBytes).subarray(0, keptChunkBytes + 1))
  assert.deepEqual(taken, [2 * keptChunkBytes])
})

for (const sizes of [[8], [7, 1], [1, 7], [6, 2]]) {
  test(`add() throws body_too_large when ${sizes.join(' and ')} bytes come and 7 may`, () => {
    const blocks = createBodyBlocks(7, () => undefined)
    const chunks = chunksOf(sizes)
    const last = chunks.pop()
    for (const chunk of chunks) blocks.add(chunk)
    assert.ok(last)
    assert.throws(
      () => blocks.add(last),
      (error) => isSteleError(error, 'body_too_large'),
    )
  })
}

test('add() throws what take throws, when there is no room for a block', () => {
  const full = new Error('There is no room')
  let room = firstBlockBytes
  const blocks = createBodyBlocks(mib, (sizeBytes) => {
    room -= sizeBytes
    if (room < 0) throw full
  })
  blocks.add(new Uint8Array(firstBlockBytes))
  assert.throws(() => blocks.add(new Uint8Array(1)), full)
})
