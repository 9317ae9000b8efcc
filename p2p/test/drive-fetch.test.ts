import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Node, YoloIndex } from 'hyperbee/lib/messages.js'
import { isSteleError } from 'stele/clone'
import { createDriveFetch, type ReadableDrive } from '../src/drive-fetch.ts'
import { maxBlockBytes } from '../src/limits.ts'

const path = '/-/log/checkpoint'
type Get = ReadableDrive['contents']['get']

/** A drive with one file, of which its index says this. */
function driveWith(value: string, get: Get, changes: Partial<ReadableDrive> = {}): ReadableDrive {
  const root = Node.encode({
    index: YoloIndex.encode({ levels: [{ keys: [1], children: [] }] }),
    key: Buffer.from(`files\0${path}`),
    value: Buffer.from(value),
  })
  return {
    address: 'hyper://test',
    index: { length: 2, get: async () => root },
    contents: { length: 0, get },
    refresh: async () => undefined,
    heardMs: () => 0,
    nowMs: () => 1,
    silenceMs: 1,
    ...changes,
  }
}

const blob = (blockOffset: unknown, blockLength: unknown, byteLength: unknown): string =>
  JSON.stringify({ blob: { blockOffset, blockLength, byteLength } })
const neverAsked: Get = async () => {
  throw new Error('Nothing should be asked')
}
const silent: Get = async () => {
  throw Object.assign(new Error('Request timed out'), { code: 'REQUEST_TIMEOUT' })
}

test('createDriveFetch() gives a file of several blocks, and 404 for others', async () => {
  const size = maxBlockBytes * 20 + 5
  const bytes = Buffer.from(Array.from({ length: size }, (_, at) => at % 253))
  const get: Get = async (index) =>
    bytes.subarray((index - 7) * maxBlockBytes, (index - 6) * maxBlockBytes)
  const fetch = createDriveFetch(driveWith(blob(7, 21, size), get))
  const found = await fetch(path, size)
  assert.equal(found.status, 200)
  assert.ok(Buffer.from(found.bytes).equals(bytes))
  assert.equal((await fetch('/-/log/other', size)).status, 404)
})

test('createDriveFetch() fetches nothing of a file that is larger than what may come', async () => {
  const fetch = createDriveFetch(driveWith(blob(0, 16_384, 2 ** 30), neverAsked))
  assert.equal((await fetch(path, 100)).bytes.length, 101)
})

const rows: readonly (readonly [what: string, value: string, get: Get, told: RegExp])[] = [
  ['is no JSON', '{', neverAsked, /its entry is no JSON/],
  ['is a link', '{"linkname":"/etc/passwd","blob":null}', neverAsked, /it is no file/],
  ['has a negative place', blob(-1, 1, 5), neverAsked, /no "blockOffset"/],
  ['has no size', blob(0, 1, undefined), neverAsked, /no "byteLength"/],
  ['has a size in words', blob(0, 1, '5'), neverAsked, /no "byteLength"/],
  [
    'has a million blocks for five bytes',
    blob(0, 1e6, 5),
    neverAsked,
    /its 5 bytes are in 1000000/,
  ],
  ['has blocks that are larger than it is', blob(0, 1, 5), async () => Buffer.alloc(9), /has 9 of/],
]
for (const [what, value, get, told] of rows) {
  test(`createDriveFetch() throws drive_invalid, with the path, when a file ${what}`, async () => {
    await assert.rejects(createDriveFetch(driveWith(value, get))(path, 1000), (error) => {
      assert.ok(isSteleError(error, 'drive_invalid'), String(error))
      assert.equal(error.details.path, path)
      assert.match(error.details.reason, told)
      return true
    })
  })
}

test('createDriveFetch() throws peers_silent when nobody sends a block, and waits as long as others come', async () => {
  const isSilent = (error: unknown): boolean => isSteleError(error, 'peers_silent')
  const one = blob(0, 1, 5)
  await assert.rejects(createDriveFetch(driveWith(one, silent))(path, 1000), isSilent)
  let tries = 0
  const slow: Get = async (...asked) => (++tries < 4 ? silent(...asked) : Buffer.from('hello'))
  const heard = { heardMs: () => 5 }
  const { bytes } = await createDriveFetch(driveWith(one, slow, heard))(path, 1000)
  assert.equal(Buffer.from(bytes).toString(), 'hello')
  await assert.rejects(createDriveFetch(driveWith(one, silent, heard))(path, 1000), isSilent)
})
