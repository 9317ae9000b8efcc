import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { canonicalJson, parseCanonicalJson } from '@stele/formats/json'
import { hashParts } from '../scripts/hash-parts.ts'
import { engineBlobs, engines, knownEngines, loadEngine } from '../src/index.ts'
import { memoryState } from './memory-state.ts'

const script = 'let count = 0\nexports.next = () => (count += 1)'
const ports = { print: () => undefined, blobs: () => undefined }
const call = {
  method: 'next',
  args: '[]',
  account: null,
  via: 'debug' as const,
  timeMs: 0,
  seed: new Uint8Array(32),
}
const blobs = new Map(
  engineBlobs(engines.fresh).map((bytes) => [hash('sha512', bytes), bytes] as const),
)
const readBlob = (name: string): Uint8Array | undefined => blobs.get(name)

for (const memory of ['fresh', 'kept'] as const) {
  test(`knownEngines has the engine with ${memory} memory, and it names the bytes that this release ships`, () => {
    const message = 'A part changed: that is a new engine. Run: node packages/host/scripts/pin.ts'
    const { blob, name } = engines[memory]
    assert.deepEqual(
      parseCanonicalJson(blob, 'the engine'),
      { host: 1, memory, parts: hashParts() },
      message,
    )
    assert.ok(
      knownEngines.some((known) => known.name === name),
      message,
    )
  })
}

for (const [memory, second] of [
  ['fresh', 1],
  ['kept', 2],
] as const) {
  test(`createExecutor() gives a closure's second call ${second} when the engine's memory is ${memory}`, () => {
    const engine = loadEngine(Buffer.from(engines[memory].blob), readBlob)
    const executor = engine.createExecutor({ script, limits: {} }, ports)
    const state = memoryState()
    executor.call(call, state)
    const outcome = executor.call(call, state)
    assert.equal(outcome.ok && outcome.result, second)
    assert.equal(executor.memory !== undefined, memory === 'kept')
  })
}

/** An engine of other bytes: the prelude with a comment more. */
function otherEngine(change: object = {}): { blob: Buffer; name: string } {
  const prelude = Buffer.concat([
    blobs.get(hashParts()['prelude'] ?? '') ?? Buffer.of(),
    Buffer.from('// Other bytes.\n'),
  ])
  blobs.set(hash('sha512', prelude), prelude)
  const parts = { ...hashParts(), prelude: hash('sha512', prelude) }
  const blob = Buffer.from(canonicalJson({ host: 1, memory: 'fresh', parts, ...change }))
  return { blob, name: hash('sha512', blob) }
}

test('loadEngine() runs an engine that this release does not know only when it is allowed by name', () => {
  const { blob, name } = otherEngine()
  assert.throws(
    () => loadEngine(blob, readBlob, { allowed: [engines.fresh.name] }),
    (error) =>
      isSteleError(error, 'engine_unknown') &&
      error.message.includes(name) &&
      error.fix?.includes(`--engine ${name}`) === true,
  )
  const engine = loadEngine(blob, readBlob, { allowed: [name] })
  const outcome = engine.createExecutor({ script, limits: {} }, ports).call(call, memoryState())
  assert.deepEqual(outcome, { ok: true, result: 1, changes: 0, writes: [] })
})

test('loadEngine() throws engine_unknown for another version of the host calls, allowed or not', () => {
  const { blob, name } = otherEngine({ host: 2 })
  assert.throws(
    () => loadEngine(blob, readBlob, { allowed: [name] }),
    (error) => isSteleError(error, 'engine_unknown') && /version 2/.test(error.message),
  )
})

const parts = hashParts()
const wrong: readonly [what: string, blob: string | object, reason: RegExp][] = [
  ['is no JSON', 'engine', /JSON/],
  ['is not canonical', '{"memory":"fresh","host":1}', /canonical/],
  ['is a list', [], /not an object/],
  ['has no version', { memory: 'fresh', parts }, /"host"/],
  ['has another memory', { host: 1, memory: 'lost', parts }, /"memory"/],
  ['has no parts', { host: 1, memory: 'fresh' }, /"parts"/],
  ['has a member more', { host: 1, memory: 'fresh', parts, more: 1 }, /member "more"/],
  ['lacks a part', { host: 1, memory: 'fresh', parts: {} }, /no part "interface"/],
  ['names no blob', { host: 1, memory: 'fresh', parts: { wasm: 'x' } }, /part "wasm"/],
  [
    'has a part more',
    { host: 1, memory: 'fresh', parts: { ...parts, glue: parts['wasm'] } },
    /part "glue"/,
  ],
  [
    'names a blob that the log lacks',
    { host: 1, memory: 'fresh', parts: { ...parts, wasm: '0'.repeat(128) } },
    /lacks its part "wasm"/,
  ],
  [
    'has a prelude for its wasm',
    { host: 1, memory: 'fresh', parts: { ...parts, wasm: parts['prelude'] } },
    /WebAssembly/,
  ],
]
for (const [what, value, reason] of wrong) {
  test(`loadEngine() throws engine_invalid when the blob ${what}`, () => {
    const blob = Buffer.from(typeof value === 'string' ? value : canonicalJson(value))
    assert.throws(
      () => loadEngine(blob, readBlob, { allowed: [hash('sha512', blob)] }),
      (error) => isSteleError(error, 'engine_invalid') && reason.test(error.message),
    )
  })
}

test('loadEngine() throws engine_invalid when a part is not what its name says', () => {
  const lying = (name: string): Uint8Array | undefined =>
    name === parts['world'] ? Buffer.from('({})') : readBlob(name)
  assert.throws(
    () => loadEngine(Buffer.from(engines.fresh.blob), lying),
    (error) => isSteleError(error, 'engine_invalid') && /does not hash/.test(error.message),
  )
})

test('loadEngine() throws engine_retired, naming the release, for engines that no log can carry', () => {
  const blob = retiredBlob()
  assert.throws(
    () => loadEngine(blob, readBlob),
    (error) => isSteleError(error, 'engine_retired') && /7366d07/.test(error.message),
  )
})

/** The engine's blob of the logs that the release at commit 7366d07 began. */
function retiredBlob(): Buffer {
  return Buffer.from(
    '{"host":1,"memory":"fresh","parts":{"files":"b32c87791a9aea40ebfa2747ac05a125b2adfe583f9df84c52c982ae6b0d4e0fded36439b767df615592aab3f109e293ea0ba3ecb59f4f80646e402bb0e1515d","glue":"224333337a663b2c68276200beff558fe1c038dce242c2eb699771180db4d9c118b9fbb902bbee3f9d607abb1155af1c0eea383ad5812de661cd9a4349c2126f","host-calls":"4c4218de982e86b59254d6b5a71c77f1ac991129769413f116145d8f9b3b53019c65224f20e137683d23f7242bf44a67bbe38570f053d5f41af9a4a8d62da93b","limits":"75be547c2919a6a2fcd96b3de61dcaa1846ba90bec2d30422e4eec98093d6af8aaa463b9f24e735300e5fbc952396419a8e4331b9a6ca8c72f6225b9a20bc01a","machine":"dc8e49289c7ec1cb11010754cc6a321661a90495ec7ee4b9469cd3cff1c0b975c168e6fd5dff64d23ec76b262bc790bd59c5837c045e2307a82a99110d270c2e","prelude":"6209cf8e2ab4a4aa3902400c3a3e16b5be1dbd3f7eec7e3e583326ec664b4b25defa4b1fa4ebdbba84595882c06969d973df465f0a69d0799127fb0647fbc48a","quickjs":"72cf1374af5cb05892c7b814867e89efb17633f1834790d582c5bc90e55e58868f3db37c53a687c9642d1a7440a75e4c63f2bf8c4d46c1d2c7ea82616f4bb550","script-host":"71f281fef50ac004d0606ba27882fce55c5a25c1ecace7a89955387c009d70a089eb4ef16632a8c587d51730bfe740af5ec3952301a98db0e22d58963e960cf6","trap":"ab2c8b25e78405568b0fa0d7b5e801525f4c8142d165ff23f496a0fcdadc073ecf7dc4b1854432eb02456e901ad06ec251f6632bd3d4479d80a2a5c8e0df5477","wasm":"da6e2a6d306a3e00af846d8328408842bae7f0126401a9904bbc8f9126b7a077447995496ef7809a0dc838a1cb11665e7693c3bd395493d951bbf32c659e8644","world":"a0110545fd3c64f6357132b8c35ec6de9882416cb444ba3863882a4e326f266242b2c21fd995502fea7864b56e041cb1ef649b3ea9709a1b5d5bccc9b176aee1"}}',
  )
}
