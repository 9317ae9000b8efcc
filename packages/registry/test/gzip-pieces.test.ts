// Gzip members of pieces: one member, the same bytes for the same text, nothing compressed twice.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { type PackedPieces, packPieces } from '../src/gzip-pieces.ts'
import { gzipPieceBytes } from '../src/limits.ts'

/** A text as packuments are: much of it alike. */
function makeText(versions: number, end = ''): Buffer {
  const lines = Array.from({ length: versions }, (_, at) => {
    const integrity = Buffer.from(`${at}`.repeat(40)).toString('base64').slice(0, 80)
    return `"1.${at}.0":{"name":"p","version":"1.${at}.0","dist":{"integrity":"${integrity}"}}`
  })
  return Buffer.from(`{"versions":{${lines.join(',')}}${end}}`)
}

/** True for one gzip member that says this text, and has nothing behind it. */
function isMemberOf({ bytes }: PackedPieces, text: Uint8Array): boolean {
  // A second member, or anything else, would be unpacked or refused with it.
  return Buffer.compare(gunzipSync(bytes), text) === 0 && countHeads(bytes) === 1
}

function countHeads(bytes: Uint8Array): number {
  return Buffer.from(bytes).toString('latin1').split('\x1f\x8b\x08\x00\x00').length - 1
}

const lengths = [0, 1, gzipPieceBytes - 1, gzipPieceBytes, gzipPieceBytes + 1, 3 * gzipPieceBytes]
for (const length of lengths) {
  test(`packPieces() makes one gzip member of ${length} bytes`, async () => {
    const text = randomBytes(length)
    const packed = await packPieces(text)
    assert.ok(isMemberOf(packed, text))
    assert.deepEqual(await packPieces(text, packed), packed)
  })
}

test('packPieces() gives what it gives without the one before, whatever that was', async () => {
  const pieces = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 })
  const texts = fc.tuple(pieces, fc.nat({ max: 40 }))
  await fc.assert(
    fc.asyncProperty(texts, texts, async (one, other) => {
      const [before, after] = [one, other].map(([parts, rest]) =>
        Buffer.from(
          `${parts.map((part) => part.repeat(gzipPieceBytes)).join('')}${'x'.repeat(rest)}`,
        ),
      )
      assert.ok(before !== undefined && after !== undefined)
      const packed = await packPieces(after, await packPieces(before))
      assert.deepEqual(packed, await packPieces(after))
      assert.ok(isMemberOf(packed, after))
    }),
    { numRuns: 40 },
  )
})

test('packPieces() takes over the bytes before a change, and is hardly larger than gzip', async () => {
  const [text, grown] = [makeText(3_000, ',"_rev":"1"'), makeText(3_001, ',"_rev":"2"')]
  const before = await packPieces(text)
  const after = await packPieces(grown, before)
  assert.ok(isMemberOf(after, grown))
  const same = Math.floor(text.length / gzipPieceBytes)
  assert.ok(same > 2)
  const end = before.pieces[same - 1]?.end ?? Number.NaN
  assert.equal(Buffer.compare(before.bytes.subarray(0, end), after.bytes.subarray(0, end)), 0)
  assert.ok(after.bytes.length < 1.1 * gzipSync(grown, { level: 3 }).length)
})

test('packPieces() compresses nothing again that comes before a change', async () => {
  const text = makeText(3_000)
  const before = await packPieces(text)
  const spoiled = { ...before, bytes: Buffer.from(before.bytes) }
  spoiled.bytes.fill(0, 10, before.pieces[0]?.end)
  const after = await packPieces(makeText(3_001), spoiled)
  assert.deepEqual(
    after.bytes.subarray(0, before.pieces[0]?.end),
    spoiled.bytes.subarray(0, before.pieces[0]?.end),
  )
})
