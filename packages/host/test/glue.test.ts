import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { callOf, hostOf, memoryState, resultOf } from './memory-state.ts'

type Row = readonly [body: string, result: unknown, args?: unknown[]]

const environment: readonly Row[] = [
  ['() => System.caller.id', 'alice'],
  ['() => System.time', 1_795_000_000_123],
  ['async () => { await 0; return System.caller.id }', 'alice'],
  ['() => new Promise((r) => setTimeout(r, 1e9, "late"))', 'late'],
  [
    'async () => { const order = []; setTimeout(() => order.push("c"), 20); setTimeout(() => order.push("a"), 10); setTimeout(() => order.push("b"), 10); await new Promise((r) => setTimeout(r, 20)); return order.join("") }',
    'abc',
  ],
  [
    '() => new Promise((r) => { let n = 0; const t = setInterval(() => { if (++n === 3) { clearInterval(t); r(n) } }, 5) })',
    3,
  ],
  [
    '() => new Promise((r) => { clearTimeout(setTimeout(() => r("no"), 1)); setTimeout(r, 5, "yes") })',
    'yes',
  ],
  ['() => new Promise((r) => queueMicrotask(() => r("soon")))', 'soon'],
  [
    'async () => { setTimeout(() => { throw 1 }, 1); await new Promise((r) => setTimeout(r, 2)); return "on" }',
    'on',
  ],
  [
    '() => { const a = { d: new Date(5), m: new Map([[1, { x: [2] }]]), b: new Uint8Array(2) }; a.self = a; const c = structuredClone(a); return [c !== a, c.self === c, c.d.getTime(), c.m.get(1).x[0], c.b.length] }',
    [true, true, 5, 2, 2],
  ],
  ['() => structuredClone(() => 1)', 'DataCloneError'],
  [
    '() => [typeof System.oracle, Object.isFrozen(System), Object.isFrozen(System.files)]',
    ['function', true, true],
  ],
  [
    '() => { const r = []; for (let i = 0; i < 50; i++) r.push(Math.random()); return r.every((x) => x >= 0 && x < 1) && new Set(r).size }',
    50,
  ],
]
for (const [body, result] of environment) {
  test(`run() gives ${JSON.stringify(result)} to ${body.slice(0, 60)}`, () => {
    assert.deepEqual(resultOf(body), result)
  })
}

const long = 'é\u{1f600}"\\\n'.repeat(80_000)
const echoes: readonly unknown[] = [
  null,
  true,
  -0,
  1.5,
  1e21,
  '',
  '\0',
  'left-pad\0evil',
  '\u{1f600}\u2028',
  [],
  {},
  [[[]]],
  JSON.parse('{"__proto__":{"polluted":1},"constructor":2,"":3}'),
  { $base64: 'AAEC/w==' },
  { deep: [{ $base64: '' }] },
  { $base64: 'not base64!' },
  { $base64: 5 },
  { $base64: 'AA==', more: 1 },
  long,
]
for (const value of echoes) {
  test(`run() carries ${JSON.stringify(value).slice(0, 50)} in and out`, () => {
    const found = JSON.stringify(resultOf('(x) => x', [value]))
    assert.ok(found === JSON.stringify(value), found.slice(0, 100))
  })
}

test('run() gives bytes in arguments as bytes', () => {
  const look = '(x) => [x.a instanceof Uint8Array, Buffer.isBuffer(x.a), x.a[1], typeof x.b]'
  assert.deepEqual(resultOf(look, [{ a: { $base64: 'AAE=' }, b: { $base64: 1 } }]), [
    true,
    true,
    1,
    'object',
  ])
})

const results: readonly [body: string, result: unknown][] = [
  ['() => undefined', undefined],
  ['async () => {}', undefined],
  ['() => NaN', null],
  ['() => new Date(0)', '1970-01-01T00:00:00.000Z'],
  ['() => ({ a: undefined, f() {}, n: null })', { n: null }],
  ['() => ({ toJSON: () => 7 })', 7],
  ['() => Promise.resolve(new Uint8Array([1]))', { $base64: 'AQ==' }],
  ['() => new Uint8Array([1, 2]).buffer', { $base64: 'AQI=' }],
  ['() => ({ then: (done) => done("thenable") })', 'thenable'],
  ['() => "\\ud800"', 'bad_result'],
  ['() => ({ "\\udc00": 1 })', 'bad_result'],
  ['() => { const a = []; a.push(a); return a }', 'bad_result'],
  ['() => 1n', 'bad_result'],
  ['() => () => 1', 'bad_result'],
  ['() => Symbol("s")', 'bad_result'],
  ['() => 2 ** 60', 'bad_result'],
  ['() => "x".repeat(2 ** 20)', 'bad_result'],
  ['() => { let a = []; for (let i = 0; i < 200; i++) a = [a]; return a }', 'bad_result'],
  ['() => ({ toJSON() { throw new Error("no") } })', 'bad_result'],
  ['() => new Promise(() => {})', 'never_settled'],
  ['() => ({ then() {} })', 'never_settled'],
]
for (const [body, result] of results) {
  test(`run() gives ${JSON.stringify(result)} when a method is ${body}`, () => {
    assert.deepEqual(resultOf(body), result)
  })
}

const errors: readonly [body: string, name: string, message: string][] = [
  ['() => { throw new TypeError("no \\u2028 é") }', 'TypeError', 'no \u2028 é'],
  ['async () => { throw new RangeError("later") }', 'RangeError', 'later'],
  ['() => { throw "text" }', 'Error', 'text'],
  ['() => { throw undefined }', 'Error', 'undefined'],
  ['() => { throw { name: "Odd", message: 5 } }', 'Odd', '5'],
  ['() => { throw { get message() { throw 1 } } }', 'Error', 'unreadable error'],
  ['() => { throw Object.create(null) }', 'Error', ''],
  ['() => { throw new Error("a\\ud800\\0b") }', 'Error', 'a\ufffd\0b'],
  ['() => { throw new Error("x".repeat(1e5)) }', 'Error', 'x'.repeat(4000)],
  [
    '() => { throw Object.assign(new Error("m"), { name: "n".repeat(999) }) }',
    'n'.repeat(200),
    'm',
  ],
  ['() => missing', 'ReferenceError', "'missing' is not defined"],
  ['() => { throw new Error(Symbol("s").toString()) }', 'Error', 'Symbol(s)'],
]
for (const [body, name, message] of errors) {
  test(`run() gives the error ${name.slice(0, 20)} when a method is ${body.slice(0, 50)}`, () => {
    const outcome = hostOf(`exports.run = ${body}`).call(callOf('run'), memoryState())
    assert.deepEqual(outcome, { ok: false, error: { name, message } })
  })
}

test('run() keeps its ways when the script changes the built-ins', () => {
  const script = `
    const broken = () => { throw new Error('broken') }
    JSON.parse = JSON.stringify = String.prototype.isWellFormed = String.prototype.includes = broken
    Array.prototype[Symbol.iterator] = Promise.prototype.then = Promise.resolve = Reflect.apply = broken
    Array.prototype.push = Map.prototype.get = Object.keys = Function.prototype.call = broken
    Array.prototype.toJSON = undefined
    Object.defineProperty(Object.prototype, 'get', { value: undefined, configurable: true })
    exports.who = () => ({ id: System.caller.id })
    exports.write = (path, text) => System.files.writeFileSync(path, text)`
  const host = hostOf(script)
  assert.deepEqual(host.methods(), ['who', 'write'])
  const outcome = host.call(callOf('who'), memoryState())
  assert.deepEqual(outcome.ok && outcome.result, { id: 'alice' })
  const refused = host.call(callOf('write', '/a\0b', ''), memoryState())
  assert.equal(!refused.ok && refused.error.name, 'InvalidPathError')
})

test('methods() are the own exported functions but init', () => {
  const script = `exports.init = () => {}; exports.b = () => 1; exports.a = async () => {}; exports.c = 5
    exports.__proto__ = { inherited() {} }`
  assert.deepEqual(hostOf(script).methods(), ['b', 'a'])
  assert.deepEqual(hostOf('module.exports = { x() {} }').methods(), ['x'])
  assert.deepEqual(hostOf('module.exports = null').methods(), [])
  assert.deepEqual(
    hostOf('"use strict"; exports.t = function () { return this === exports }').methods(),
    ['t'],
  )
  for (const name of ['init', 'constructor', '__proto__', 'toString', 'inherited', 'c', '']) {
    const outcome = hostOf(script).call(callOf(name), memoryState())
    const error = { name: 'MethodNotFound', message: 'Method not found' }
    assert.deepEqual(outcome, { ok: false, error })
  }
})

const invalid: readonly [script: string, reason: RegExp][] = [
  ['let let', /SyntaxError/],
  ['throw new Error("at load")', /at load/],
  ['for (;;);', /limit "gas"/],
  ['const a = []; for (;;) a.push(new Array(1e4).fill(1))', /limit "memory"/],
  ['System.files.readFileSync("/a")', /NotOpenError/],
]
for (const [script, reason] of invalid) {
  test(`bootScript() throws script_invalid when the script is ${script}`, () => {
    assert.throws(
      () => hostOf(script, { limits: { gas: 50, memory: 16 * 1024 * 1024 } }),
      (error) => isSteleError(error, 'script_invalid') && reason.test(error.message),
    )
  })
}

test('bootScript() runs what the script leaves for later', () => {
  const host = hostOf('let n = 0; Promise.resolve().then(() => { n = 5 }); exports.n = () => n')
  const outcome = host.call(callOf('n'), memoryState())
  assert.equal(outcome.ok && outcome.result, 5)
})

test('run() seeds Math.random from the call alone', () => {
  const host = hostOf('exports.random = () => [Math.random(), Math.random()]')
  const ask = (seed: number): unknown => {
    const call = { ...callOf('random'), seed: new Uint8Array(32).fill(seed) }
    const outcome = host.call(call, memoryState())
    return outcome.ok && outcome.result
  }
  assert.deepEqual(ask(1), ask(1))
  assert.notDeepEqual(ask(1), ask(2))
  const call = callOf('random')
  const halves = [0, 31].map((at) => {
    const seed = new Uint8Array(32)
    seed[at] = 1
    const outcome = host.call({ ...call, seed }, memoryState())
    return outcome.ok && JSON.stringify(outcome.result)
  })
  assert.equal(new Set(halves).size, 2)
})
