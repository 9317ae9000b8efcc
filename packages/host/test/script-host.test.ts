import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Body, formatBody, parseBody } from '@stele/entries/bodies'
import type { Executor, StateReader } from '@stele/entries/calls'
import { type EntryKind, hashBody, parseLeaf, seedOf } from '@stele/entries/leaf'
import { formatEffects } from '@stele/entries/parts'
import { applyBody } from '@stele/entries/transition'
import { isSteleError } from '@stele/errors'
import type { ScriptHost } from '../src/index.ts'
import { callOf, hostOf, memoryState } from './memory-state.ts'

const counter = `
  let count = 0
  const seen = new Map()
  exports.init = () => System.files.mkdir('/meta')
  exports.up = (by = 1) => { count += by; seen.set(count, { kept: [count] }); return count }
  exports.seen = () => [...seen.keys()]
  exports.fail = () => { count += 100; throw new Error('no') }
  exports.write = (path, text) => { count += 1; System.files.writeFileSync(path, text) }
  exports.read = (path) => System.files.readFileSync(path)
  exports.wait = () => { count += 100; return new Promise(() => {}) }
  exports.loop = () => { count += 100; for (;;); }
  exports.grow = () => { count += 100; const all = []; for (;;) all.push(new Array(999).fill(1)) }
  exports.float = () => { count += 100; setInterval(() => {}, 1); return new Promise(() => {}) }
  exports.leave = () => { setTimeout(() => { count += 100 }, 1); Promise.resolve().then(() => { count += 1 }); return count }`

const empty = memoryState()
const run = (host: ScriptHost, method: string, ...args: unknown[]): unknown => {
  const outcome = host.call(callOf(method, ...args), empty)
  return outcome.ok ? outcome.result : `${outcome.error.name} ${outcome.error.message}`
}

test('createScriptHost() makes an Executor', () => {
  const executor: Executor = hostOf(counter)
  assert.equal(executor.call(callOf('up'), empty).ok, true)
})

test('init() runs init once asked, and is empty where there is none', () => {
  const write = { object: '/', field: 'meta/', value: new Uint8Array(0) }
  const outcome = hostOf(counter).init(callOf('ignored'), empty)
  assert.deepEqual(outcome, { ok: true, changes: 1, writes: [write] })
  const nothing = { ok: true, changes: 0, writes: [] }
  assert.deepEqual(hostOf('exports.a = () => 1').init(callOf('init'), empty), nothing)
  const failing = hostOf(
    `exports.init = () => { const e = new Error('m'); e.name = 'MethodNotFound'; throw e }`,
  )
  assert.equal(failing.init(callOf('init'), empty).ok, false)
})

test('call() keeps closures when its memory is kept, and nothing when it is fresh', () => {
  const kept = hostOf(counter)
  const fresh = hostOf(counter, { memory: 'fresh' })
  const digest = fresh.memoryDigest()
  assert.deepEqual(
    [1, 2, 3].map(() => run(kept, 'up')),
    [1, 2, 3],
  )
  assert.deepEqual(
    [1, 2, 3].map(() => run(fresh, 'up')),
    [1, 1, 1],
  )
  assert.equal(fresh.memoryDigest(), digest)
  assert.deepEqual(run(kept, 'seen'), [1, 2, 3])
})

test('call() gives the same from any entry on when its memory is fresh', () => {
  const script = `${counter}
    exports.rough = () => { const a = []; for (let i = 0; i < 3e4; i++) a.push({ i }); globalThis.leak = a; return a.length }
    exports.gas = () => { let n = 0; for (let i = 0; i < 5e4; i++) n += i; return n }`
  const methods = ['up', 'rough', 'gas', 'fail', 'write', 'seen', 'loop', 'gas', 'wait', 'up']
  const options = { memory: 'fresh' as const, limits: { gas: 60 } }
  const outcomes = (from: number): unknown[] => {
    const host = hostOf(script, options)
    return methods.slice(from).map((method) => host.call(callOf(method, '/x', 'y'), empty))
  }
  const all = outcomes(0)
  for (const from of methods.keys()) assert.deepEqual(outcomes(from), all.slice(from))
})

test('call() gives no writes, and keeps the memory, when the script throws', () => {
  const host = hostOf(`${counter}
    exports.half = () => { System.files.writeFileSync('/a', 'x'); count = 7; throw new Error('half') }`)
  const outcome = host.call(callOf('half'), empty)
  assert.deepEqual(outcome, { ok: false, error: { name: 'Error', message: 'half' } })
  assert.equal(run(host, 'up'), 8)
})

test('call() runs what promises are left, and drops timers, when the method has answered', () => {
  const host = hostOf(counter)
  assert.equal(run(host, 'leave'), 0)
  assert.equal(run(host, 'up'), 2)
})

const limited = { gas: 20, memory: 16 * 1024 * 1024, timers: 50, jobs: 500 }
const traps: readonly [method: string, error: string][] = [
  ['loop', 'trap gas'],
  ['grow', 'trap memory'],
  ['float', 'trap timers'],
  ['wait', 'never_settled The call waits for what can never happen'],
]
for (const [method, error] of traps) {
  test(`call() gives ${error.split(' ').slice(0, 2).join(' ')} and leaves no trace in the memory for ${method}`, () => {
    const host = hostOf(counter, { limits: limited })
    run(host, 'up')
    const digest = host.memoryDigest()
    assert.equal(run(host, method), error)
    assert.equal(host.memoryDigest(), digest)
    assert.equal(run(host, 'up'), 2)
  })
}

const bounded: readonly [body: string, limit: object, error: string][] = [
  [
    '() => { for (let i = 0; i < 99; i++) System.files.existsSync("/a") }',
    { hostCalls: 50 },
    'trap hostCalls',
  ],
  [
    '() => { for (let i = 0; i < 99; i++) System.hash("sha1", "x".repeat(99)) }',
    { transferBytes: 5000 },
    'trap transferBytes',
  ],
  [
    '() => { for (let i = 0; i < 9; i++) System.files.writeFileSync("/a", "") }',
    { writes: 5 },
    'trap writes',
  ],
  ['() => System.files.writeFileSync("/a", "x".repeat(99))', { writeBytes: 50 }, 'trap writeBytes'],
  ['async () => { for (;;) await 0 }', { jobs: 1000 }, 'trap jobs'],
  ['() => { function f() { queueMicrotask(f) } f() }', { jobs: 1000 }, 'trap jobs'],
  [
    '() => "x".repeat(99)',
    { resultBytes: 50 },
    'bad_result Cannot use the result: it is over 50 bytes',
  ],
  ['() => { try { for (;;); } catch {} finally { for (;;); } }', { gas: 5 }, 'trap gas'],
  [
    '() => { try { const a = []; for (;;) a.push(new Array(999).fill(1)) } catch { return "caught" } }',
    { memory: 2 ** 24 },
    'trap memory',
  ],
  ['() => "a".repeat(2 ** 29)', {}, 'trap memory'],
  [
    '() => { try { new ArrayBuffer(2 ** 31 - 1) } catch (e) { return e.message } }',
    {},
    'trap memory',
  ],
  ['() => new Array(1e8).fill(0)', {}, 'trap memory'],
  ['() => "x".replace(/x/, () => { for (;;); })', { gas: 5 }, 'trap gas'],
  ['() => /^(a+)+$/.test("a".repeat(40) + "b")', { gas: 5 }, 'trap gas'],
  [
    '() => { for (const x of { [Symbol.iterator]: () => ({ next: () => ({}) }) }); }',
    { gas: 5 },
    'trap gas',
  ],
]
for (const [body, limits, expected] of bounded) {
  test(`call() gives "${expected}" to ${body.slice(0, 60)}`, () => {
    const host = hostOf(`exports.run = ${body}; exports.ok = () => 1`, { limits })
    assert.equal(run(host, 'run'), expected)
    assert.equal(run(host, 'ok'), 1)
  })
}

test('call() gives trap argumentBytes when the arguments are long, without running', () => {
  const host = hostOf(counter, { limits: { argumentBytes: 10 } })
  assert.equal(run(host, 'up', 'é'.repeat(4)), 'trap argumentBytes')
  assert.equal(run(host, 'up', 5), 5)
})

test('call() throws call_aborted, and puts the memory back, when the state cannot be read', () => {
  const host = hostOf(`${counter}
    exports.both = async (path) => { count += 100; try { return await System.files.readFile(path) } catch { return 'caught' } }`)
  run(host, 'up')
  const digest = host.memoryDigest()
  const broken: StateReader = {
    get() {
      throw new Error('the disk is gone')
    },
    list: () => [],
  }
  for (const method of ['read', 'both']) {
    assert.throws(
      () => host.call(callOf(method, '/a'), broken),
      (error) => isSteleError(error, 'call_aborted') && /the disk is gone/.test(error.message),
    )
    assert.equal(host.memoryDigest(), digest)
  }
  assert.equal(run(host, 'up'), 2)
})

test('query() changes neither the memory nor later results', () => {
  const asked = hostOf(counter)
  const unasked = hostOf(counter)
  for (const host of [asked, unasked]) run(host, 'up')
  const digest = asked.memoryDigest()
  for (const method of ['up', 'fail', 'write', 'read', 'leave', 'seen', 'none']) {
    asked.query(callOf(method, '/a', 'x'), empty)
    assert.equal(asked.memoryDigest(), digest)
  }
  const outcome = asked.query(callOf('up', 41), empty)
  assert.equal(outcome.ok && outcome.result, 42)
  for (const host of [asked, unasked]) run(host, 'up')
  assert.equal(asked.memoryDigest(), unasked.memoryDigest())
})

test('restore() goes on where snapshot() was taken', () => {
  const script = `${counter}
    function* walk() { let n = 0; for (;;) yield n++ }
    const walker = walk()
    exports.next = () => walker.next().value
    exports.big = () => { globalThis.big = new Array(3e5).fill('x'); return 1 }`
  const first = hostOf(script)
  for (const method of ['up', 'up', 'next', 'next', 'big']) run(first, method)
  const snapshot = first.snapshot()
  const second = hostOf(script)
  second.restore(snapshot)
  assert.equal(second.memoryDigest(), first.memoryDigest())
  for (const host of [first, second]) {
    assert.deepEqual([run(host, 'up'), run(host, 'next'), run(host, 'seen')], [3, 2, [1, 2, 3]])
  }
  assert.equal(second.memoryDigest(), first.memoryDigest())
  second.restore(snapshot)
  assert.equal(run(second, 'next'), 2)
})

test('memoryDigest() is the same after the same calls, and not after others', () => {
  const digestAfter = (...methods: string[]): string => {
    const host = hostOf(counter)
    for (const method of methods) run(host, method)
    return host.memoryDigest()
  }
  assert.equal(digestAfter('up', 'fail', 'seen'), digestAfter('up', 'fail', 'seen'))
  assert.notEqual(digestAfter('up', 'fail'), digestAfter('up', 'seen'))
  assert.notEqual(hostOf(`${counter}\n`).memoryDigest(), hostOf(counter).memoryDigest())
})

test('call() gives what the README says of its example', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const [, script = ''] = /const script = `([^`]*)`/.exec(readme) ?? []
  const value = new Uint8Array(Buffer.from('hello'))
  const writes = [{ object: '/', field: 'last', value }]
  const outcome = hostOf(script).call(callOf('greet', 'hello'), empty)
  assert.deepEqual(outcome, { ok: true, result: 'hello, alice (1)', changes: 1, writes })
  assert.match(readme, /\{ ok: true, result: 'hello, alice \(1\)', changes: 1, writes: /)
})

type Vectors = {
  readonly blobs: Readonly<Record<string, string>>
  readonly entries: readonly VectorEntry[]
}
type VectorEntry = {
  readonly kind: EntryKind
  readonly body: string
  readonly salt: string
  readonly effects: string
  readonly leaf: string
}

test('call() gives the effects of every entry of spec/vectors.json, made and replayed', () => {
  const url = new URL('../../../spec/vectors.json', import.meta.url)
  const vectors: Vectors = JSON.parse(readFileSync(url, 'utf8'))
  for (const isReplay of [true, false]) {
    const state = memoryState()
    const script = vectors.blobs[JSON.parse(vectors.entries[0]?.body ?? '').script] ?? ''
    const { init, call, memoryDigest: digest, snapshot, restore } = hostOf(script)
    const executor: Executor = { init, call, memory: { digest, snapshot, restore } }
    for (const entry of vectors.entries) {
      const leaf = parseLeaf(Buffer.from(entry.leaf, 'hex'))
      const { oracles, ...asked } = JSON.parse(entry.body)
      const body = parseBody(entry.kind, isReplay ? entry.body : formatBody(asked))
      const seed = seedOf(body, Buffer.from(entry.salt, 'hex'), bodyHashOf(entry, body))
      const ports = { state, executor, timeMs: leaf.timeMs, seed }
      const done = applyBody(body, isReplay ? ports : { ...ports, making: {} })
      assert.equal(formatEffects(done.effects), entry.effects)
      assert.deepEqual(done.oracles, oracles)
      state.apply(done.writes)
    }
  }
})

function bodyHashOf(entry: VectorEntry, { body }: Body): Uint8Array {
  return hashBody(Buffer.from(entry.salt, 'hex'), Buffer.from(formatBody(body)))
}
