import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import Corestore from 'corestore'
import { Node, YoloIndex } from 'hyperbee/lib/messages.js'
import Hyperdrive from 'hyperdrive'
import { IndexFault, lookUp } from '../src/index-lookup.ts'
import { maxIndexBlockBytes } from '../src/limits.ts'

type Levels = ReturnType<typeof YoloIndex.decode>['levels']

/** A block of an index: its own key, and the levels that it brings. */
function block(key: string, levels: Levels): Buffer {
  return Node.encode({
    index: YoloIndex.encode({ levels }),
    key: Buffer.from(`files\0${key}`),
    value: Buffer.from(key),
  })
}

const reader =
  (blocks: readonly Uint8Array[]) =>
  async (index: number): Promise<Uint8Array> => {
    const found = blocks[index]
    if (found === undefined) throw new Error(`Asked for block ${index}`)
    return found
  }

const header = Buffer.alloc(0)

test('lookUp() finds in a drive what hyperdrive finds, at any version of it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stele-p2p-lookup-'))
  const store = new Corestore(folder)
  const drive = new Hyperdrive(store)
  await drive.ready()
  const nameOf = (at: number): string => `/-/log/${(at * 7919) % 400}`
  for (let at = 0; at < 400; at++) await drive.put(nameOf(at), Buffer.from(`${at}`))
  for (let at = 0; at < 400; at += 3) await drive.del(nameOf(at))
  const read = async (index: number): Promise<Uint8Array> =>
    (await drive.core.get(index, { timeout: 1, valueEncoding: 'binary' })) ?? header
  const [whole, before] = [drive.core.length, 401]
  for (let at = 0; at < 400; at++) {
    const entry = await drive.entry(nameOf(at))
    const found = await lookUp(nameOf(at), whole, read)
    assert.equal(found === undefined, entry === null)
    if (found !== undefined)
      assert.deepEqual(JSON.parse(Buffer.from(found).toString()), entry?.value)
    assert.ok((await lookUp(nameOf(at), before, read)) !== undefined)
  }
  assert.equal(await lookUp('/-/log/none', whole, read), undefined)
  assert.equal(await lookUp('/-/log/1', 1, read), undefined)
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const faults: readonly (readonly [what: string, blocks: readonly Uint8Array[], told: RegExp])[] = [
  [
    'names itself as its child',
    [header, block('m', [{ keys: [1], children: [1, 0, 1, 0] }])],
    /in a circle/,
  ],
  [
    'is the child of its child',
    [
      header,
      block('m', [{ keys: [1], children: [2, 0, 2, 0] }]),
      block('n', [{ keys: [2], children: [1, 0, 1, 0] }]),
    ],
    /in a circle/,
  ],
  [
    'has a child that is to come',
    [header, block('m', [{ keys: [1], children: [9, 0, 9, 0] }])],
    /in a circle/,
  ],
  [
    'names a key that is to come',
    [header, block('m', [{ keys: [7], children: [] }])],
    /the later block 7/,
  ],
  [
    'has the header as its child',
    [header, block('m', [{ keys: [1], children: [0, 0, 0, 0] }])],
    /in a circle/,
  ],
  ['has no levels', [header, block('m', [])], /has no level 0/],
  ['is noise', [header, Buffer.alloc(100, 0xfe)], /not in the expected form/],
  ['is huge', [header, Buffer.alloc(maxIndexBlockBytes + 1)], /bytes/],
  [
    'goes deeper than any index',
    [
      header,
      block(
        'm',
        Array.from({ length: 100 }, (_, at) => ({ keys: [1], children: [1, at + 1, 1, at + 1] })),
      ),
    ],
    /more than 64 levels/,
  ],
]
for (const [what, blocks, told] of faults) {
  test(`lookUp() ends with a fault when a block ${what}`, async () => {
    await assert.rejects(lookUp('/a', blocks.length, reader(blocks)), (error) => {
      assert.ok(error instanceof IndexFault, String(error))
      assert.match(error.message, told)
      return true
    })
  })
}
