// Which bodies come in chunks that are too small.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createChunkWatch } from '../src/chunk-watch.ts'
import { chunksPerLook, minMeanChunkBytes } from '../src/limits.ts'

const least = chunksPerLook * minMeanChunkBytes
const rows: readonly (readonly [
  what: string,
  chunks: readonly (readonly [count: number, sizeBytes: number])[],
  /** The chunk with which the body ends. */
  endsAt: number | undefined,
])[] = [
  ['few tiny chunks come', [[chunksPerLook - 1, 1]], undefined],
  ['many tiny chunks come', [[chunksPerLook, 1]], chunksPerLook],
  ['empty chunks come', [[chunksPerLook, 0]], chunksPerLook],
  ['they are just large enough', [[10 * chunksPerLook, minMeanChunkBytes]], undefined],
  [
    'one byte is missing',
    [
      [chunksPerLook - 1, minMeanChunkBytes],
      [1, minMeanChunkBytes - 1],
    ],
    chunksPerLook,
  ],
  [
    'tiny ones are mixed with large ones',
    [
      [chunksPerLook - 1, 1],
      [1, least],
    ],
    undefined,
  ],
  [
    'a large one came long before',
    [
      [1, 100 * least],
      [3 * chunksPerLook, 1],
    ],
    2 * chunksPerLook,
  ],
]
for (const [what, chunks, endsAt] of rows) {
  test(`createChunkWatch() ${endsAt === undefined ? 'lets a body come' : `ends a body at chunk ${endsAt}`} when ${what}`, () => {
    const watch = createChunkWatch()
    const sizes = chunks.flatMap(([count, sizeBytes]) => Array<number>(count).fill(sizeBytes))
    const at = sizes.findIndex((sizeBytes) => watch(sizeBytes)?.code === 'chunks_too_small')
    assert.equal(at === -1 ? undefined : at + 1, endsAt)
  })
}
