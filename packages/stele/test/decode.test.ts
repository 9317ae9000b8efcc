// Codings of what upstreams send, small and large.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { brotliCompressSync, deflateSync, gunzip, gzipSync } from 'node:zlib'
import { createDecode, type Decoder } from '../src/upstream/decode.ts'
import { decodedAtOnceBytes } from '../src/upstream/limits.ts'

const large = Buffer.alloc(decodedAtOnceBytes + 1, 'x')
const most = 2 * decodedAtOnceBytes

for (const [coding, encode] of [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
] as const) {
  test(`createDecode() takes ${coding} off small and large bodies when they are within the limit`, async () => {
    const decode = createDecode()
    for (const body of [Buffer.from('small'), large]) {
      assert.deepEqual(await decode(encode(body), coding, most), body)
      assert.equal(await decode(encode(body), coding, body.length - 1), undefined)
    }
  })
}

test('createDecode() throws when a coding is unknown, or is not what it says', async () => {
  const decode = createDecode()
  for (const coding of ['x', 'constructor', 'gzip']) {
    await assert.rejects(decode(Buffer.from('plain'), coding, most))
  }
})

test('createDecode() goes on with the next large body when one before it was broken or too large', async () => {
  const decode = createDecode()
  const packed = gzipSync(large)
  const broken = Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)]) // Its checksum is wrong.
  const all = await Promise.allSettled([
    decode(broken, 'gzip', most),
    decode(gzipSync(Buffer.alloc(most + 1)), 'gzip', most),
    decode(packed, 'gzip', most),
  ])
  assert.deepEqual(
    all.map((one) => (one.status === 'fulfilled' ? one.value?.length : one.status)),
    ['rejected', undefined, large.length],
  )
})

for (const [what, body, times] of [
  ['once when its end says how large it is', gzipSync(large), 1],
  ['once when it is small', gzipSync(Buffer.alloc(10)), 1],
  [
    'at once and again in its turn when its end says less than comes',
    Buffer.concat([gzipSync(large), gzipSync(Buffer.alloc(1))]),
    2,
  ],
  ['once when it is too short to have an end', gzipSync('').subarray(0, 3), 1],
] as const) {
  test(`createDecode() decodes a body ${what}`, async () => {
    let count = 0
    const gzip: Decoder = async (bytes, options) => {
      count += 1
      return promisify(gunzip)(bytes, options)
    }
    await createDecode({ gzip })(body, 'gzip', most).catch(() => undefined)
    assert.equal(count, times)
  })
}
