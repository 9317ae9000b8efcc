// An interpreter that nobody of us made: what it asks for is looked at before it is compiled.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { engineBlobs, engines } from '@stele/host'
import { findWasmExcess, guardCalls, startEngine } from '../src/verify/foreign-engine.ts'

const magic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content]
const moduleOf = (...sections: number[][]): Uint8Array =>
  Uint8Array.from([...magic, ...sections.flat()])

const cases: readonly (readonly [title: string, wasm: Uint8Array, reason: RegExp | undefined])[] = [
  ['is empty', moduleOf(), undefined],
  [
    'has functions and a table of theirs',
    moduleOf(section(1, 1, 0x60, 1, 0x7f, 1, 0x7c), section(4, 1, 0x70, 1, 1, 9)),
    undefined,
  ],
  ['has a memory of its own', moduleOf(section(5, 1, 0, 1)), /a memory of its own/],
  ['has a table without an end', moduleOf(section(4, 1, 0x70, 0, 1)), undefined],
  [
    'has a huge table',
    moduleOf(section(4, 1, 0x70, 0, 0x80, 0x80, 0x80, 4)),
    /more than 65536 functions/,
  ],
  ['has two tables', moduleOf(section(4, 2, 0x70, 1, 1, 1, 0x70, 1, 1, 1)), /more than one table/],
  ['has a table of strangers', moduleOf(section(4, 1, 0x6f, 1, 1, 1)), /more than one table/],
  ['has arrays', moduleOf(section(1, 1, 0x5e, 0x7f, 1)), /outside of its memory/],
  [
    'has references to types',
    moduleOf(section(1, 1, 0x60, 1, 0x64, 0, 0)),
    /types that are not known/,
  ],
  ['is cut', moduleOf([4, 100, 1]), /malformed/],
  ['has a number without an end', moduleOf([4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), /malformed/],
  ['is too large', new Uint8Array(8 * 1024 * 1024 + 1), /over 8388608 bytes/],
]

suite('findWasmExcess()', () => {
  for (const [title, wasm, reason] of cases) {
    test(`findWasmExcess() decides when the module ${title}`, () => {
      const found = findWasmExcess(wasm)
      if (reason === undefined) assert.equal(found, undefined)
      else assert.match(found ?? '', reason)
    })
  }

  test('findWasmExcess() finds nothing in the interpreter of this release', () => {
    const wasm = engineBlobs(engines.fresh).find(([first]) => first === 0)
    assert.ok(wasm !== undefined)
    assert.equal(findWasmExcess(wasm), undefined)
    assert.match(findWasmExcess(wasm.subarray(0, 2000)) ?? '', /malformed/)
  })
})

test('startEngine() says that the interpreter does not start, whatever it throws', () => {
  const fail = (): never => {
    throw new RangeError('no such memory')
  }
  assert.throws(
    () => startEngine('https://x', fail),
    (error) => isSteleError(error, 'verify_impossible') && /no such memory/.test(error.message),
  )
  assert.equal(
    startEngine('https://x', () => 5),
    5,
  )
})

test('guardCalls() makes what the host threw an end of the call', () => {
  const fail = (): never => {
    throw new RangeError('out of range')
  }
  const memory = { digest: fail, snapshot: fail, restore: fail }
  const { init, call, memory: guarded } = guardCalls({ init: fail, call: fail, memory })
  const state = { get: () => undefined, list: () => [] }
  const asked = {
    method: 'm',
    account: null,
    args: '[]',
    timeMs: 0,
    seed: Buffer.alloc(32),
    via: 'host',
  } as const
  for (const run of [() => init(asked, state), () => call(asked, state), () => guarded?.digest()]) {
    assert.throws(run, (error) => isSteleError(error, 'call_aborted'))
  }
})
