// What spec/host-v1.json asks of host version 1: scripts, the state before, and calls. Only the questions: the answers are
// recorded by scripts/record-vectors.ts, and never change once a release has them.
import {
  argumentCases,
  conversions,
  environment,
  evaluator,
  fileReads,
  files,
  fileWrites,
  results,
  run,
  runs,
} from './functions.ts'
import type { VectorGroup } from './run.ts'

const limits: readonly VectorGroup[] = (
  [
    [{ gas: 5 }, '() => { for (;;); }'],
    [{ gas: 5 }, '() => { try { for (;;); } catch {} finally { for (;;); } }'],
    [{ gas: 5 }, `() => /^(a+)+$/.test('a'.repeat(40) + 'b')`],
    [{ gas: 60 }, `() => { let n = 0; for (let i = 0; i < 3e5; i++) n += i; return n }`],
    [{ gas: 59 }, `() => { let n = 0; for (let i = 0; i < 3e5; i++) n += i; return n }`],
    [{ memory: 2 ** 24 }, '() => { const a = []; for (;;) a.push(new Array(999).fill(1)) }'],
    [
      { memory: 2 ** 24 },
      `() => { try { const a = []; for (;;) a.push({}) } catch { return 'caught' } }`,
    ],
    [{}, `() => 'a'.repeat(2 ** 29)`],
    [{ stack: 32768 }, '() => { const f = () => f() + 1; return f() }'],
    [
      { stack: 32768 },
      '() => { let n = 0; const f = () => { n++; f() }; try { f() } catch (e) { return [n, e.name, e.message] } }',
    ],
    [
      { stack: 32768 },
      '() => { let n = 0; const f = () => { n++; [1].map(f) }; try { f() } catch (e) { return [n, e.message] } }',
    ],
    [{ jobs: 1000 }, 'async () => { for (;;) await 0 }'],
    [{ jobs: 1000 }, '() => { function f() { queueMicrotask(f) } f() }'],
    [{ timers: 50 }, '() => { setInterval(() => {}, 1); return new Promise(() => {}) }'],
    [{ hostCalls: 50 }, `() => { for (let i = 0; i < 99; i++) System.files.existsSync('/a') }`],
    [
      { transferBytes: 5000 },
      `() => { for (let i = 0; i < 99; i++) System.hash('sha1', 'x'.repeat(99)) }`,
    ],
    [{ writes: 5 }, `() => { for (let i = 0; i < 9; i++) System.files.writeFileSync('/a', '') }`],
    [{ writeBytes: 50 }, `() => System.files.writeFileSync('/a', 'x'.repeat(99))`],
    [{ writeBytes: 50 }, `() => System.files.writeFileSync('/a', 'é'.repeat(25))`],
    [{ argumentBytes: 10 }, '() => 1'],
    [{ resultBytes: 50 }, `() => 'x'.repeat(99)`],
    [{ resultBytes: 50 }, `() => 'x'.repeat(48)`],
    [
      {},
      `() => { for (let i = 0; i < 9000; i++) System.files.writeFileSync('/' + 'n'.repeat(400) + i, '') }`,
    ],
    [{}, `() => { for (let i = 0; i < 10001; i++) System.files.writeFileSync('/a', '') }`],
  ] as const
).map(([limit, body], index) => ({
  name: `limit ${index + 1}: ${Object.keys(limit)[0] ?? 'default'}`,
  memory: 'fresh',
  limits: limit,
  script: evaluator,
  steps: [run(body), run('() => 1')],
}))

const keyed = {
  type: 'key',
  key: 'fdf72a088f18f7399e8c52bce448441501f759a595a86980e5d9a422a01e5d55',
  notAfter: 1_795_000_300_000,
  signature: '', // Made by the recorder: scripts/record-vectors.ts.
} as const

const oracles: readonly VectorGroup[] = [
  {
    name: 'oracles',
    memory: 'kept',
    limits: { gas: 100 },
    script: `let asked = 0
      exports.ask = () => System.oracle(() => ({ b: 1, a: [++asked, 1e21, -0, 'é\\0'] }))
      exports.order = () => Object.keys(System.oracle(() => ({ b: 1, a: 2 })))
      exports.many = () => [1, 2, 3].map((n) => System.oracle(() => n * 2))
      exports.throws = () => { try { System.oracle(() => { throw new TypeError('no') }) } catch (e) { return [e.name, e.message] } }
      exports.fails = () => { System.oracle(() => 1); throw new Error('after') }
      exports.waits = () => System.oracle(async () => { await 0; await new Promise((r) => setTimeout(r, 9)); return 'later' })
      exports.never = () => System.oracle(() => new Promise(() => {}))
      exports.nothing = () => [System.oracle(() => {}), System.oracle(() => undefined)]
      exports.bad = () => System.oracle(() => '\\ud800')
      exports.deep = () => System.oracle(() => { let a = 1; for (let i = 0; i < 126; i++) a = [a]; return a })
      exports.deepest = () => System.oracle(() => { let a = 1; for (let i = 0; i < 125; i++) a = [a]; return a })
      exports.write = () => System.oracle(() => System.files.mkdirSync('/x'))
      exports.nested = () => System.oracle(() => System.oracle(() => 1))
      exports.loop = () => { const n = System.oracle(() => { for (;;); }); return n }
      exports.caught = () => { try { System.oracle(() => { for (;;); }) } catch (e) { return [e.name, e.message] } }
      exports.after = () => { System.oracle(() => { let n = 0; for (let i = 0; i < 4e5; i++) n += i; return n }); let m = 0; for (let i = 0; i < 4e5; i++) m += i; return m }
      exports.trap = () => { System.oracle(() => 1); for (;;); }
      exports.random = () => [System.oracle(() => 1), Math.random()]
      exports.outside = () => System.oracle(() => System.outside({ b: 1, a: 2 }))
      exports.asked = () => asked`,
    steps: [
      'ask',
      'order',
      'many',
      'throws',
      'fails',
      'waits',
      'never',
      'nothing',
      'bad',
      'deep',
      'deepest',
      'write',
      'nested',
      'loop',
      'caught',
      'after',
      'trap',
      'random',
      'outside',
      'asked',
    ].map((method) => ({ method, args: [] })),
  },
  {
    name: 'recorded oracles that a call does not ask for',
    memory: 'fresh',
    script: `exports.ask = (times) => { for (let i = 0; i < times; i++) System.oracle(() => i) }`,
    steps: [
      { method: 'ask', args: [1], oracles: [{ value: 0 }] },
      { method: 'ask', args: [2], oracles: [{ value: 0 }] },
      { method: 'ask', args: [0], oracles: [{ value: 0 }] },
      { method: 'ask', args: [1], oracles: [{ error: { name: 'Odd', message: 'as recorded' } }] },
    ],
  },
]

const chunk = 'chunk é\n'

/** Every question, in groups that share a script and a state. */
export const groups: readonly VectorGroup[] = [
  {
    name: 'files, read',
    memory: 'fresh',
    script: evaluator,
    state: files,
    fixed: true,
    steps: fileReads,
  },
  {
    name: 'files, changed',
    memory: 'fresh',
    script: evaluator,
    state: files,
    fixed: true,
    steps: fileWrites,
  },
  {
    name: 'files, one call after another',
    memory: 'fresh',
    script: evaluator,
    steps: runs(
      `() => { System.files.mkdirSync('/p'); System.files.mkdirSync('/p/q'); System.files.writeFileSync('/p/q/f', '1') }`,
      `() => System.files.writeFileSync('/p/q/f', '2')`,
      `() => [System.files.readdirSync('/'), System.files.readdirSync('/p'), System.files.readFileSync('/p/q/f')]`,
      `() => System.files.rmdirSync('/p', { recursive: true })`,
      `() => System.files.readdirSync('/')`,
    ),
  },
  {
    name: 'environment',
    memory: 'fresh',
    script: evaluator,
    state: files,
    fixed: true,
    steps: environment,
  },
  { name: 'conversions', memory: 'fresh', script: evaluator, steps: conversions },
  { name: 'results and errors', memory: 'fresh', script: evaluator, steps: results },
  { name: 'arguments and callers', memory: 'fresh', script: evaluator, steps: argumentCases },
  {
    name: 'a call that its sender signed',
    memory: 'fresh',
    script: evaluator,
    steps: [
      {
        method: 'run',
        args: [
          '() => [System.caller.id, System.caller.via, Math.random(), System.oracle(() => 1)]',
        ],
        account: 'ed25519:Zr5-Myx6RTMyvZ0Kf32wVfXF7xoGraZtmLOftoEMRzo',
        via: keyed,
      },
      {
        method: 'run',
        args: [`() => { throw new Error('its number is taken all the same') }`],
        account: 'ed25519:Zr5-Myx6RTMyvZ0Kf32wVfXF7xoGraZtmLOftoEMRzo',
        via: keyed,
      },
    ],
  },
  ...limits,
  {
    name: 'blobs',
    memory: 'fresh',
    script: `exports.read = (name, how) => System.blobs.read(name, how)
      exports.absent = (name) => { try { return System.blobs.read(name) } catch { return 'caught' } }`,
    blobs: [chunk, '\0'],
    steps: [
      { method: 'read', args: [{ blob: chunk }, 'utf8'] },
      { method: 'read', args: [{ blob: chunk }] },
      { method: 'read', args: [{ blob: chunk }, 'json'] },
      { method: 'read', args: [{ blob: '\0' }, 'utf8'] },
      { method: 'read', args: ['../etc/passwd', 'utf8'] },
      { method: 'read', args: ['a\0'] },
      { method: 'read', args: [5] },
      { method: 'read', args: ['0'.repeat(128)] },
      { method: 'absent', args: ['0'.repeat(128)] },
    ],
  },
  {
    name: 'init',
    memory: 'fresh',
    script: `exports.init = () => { System.files.mkdirSync('/made'); System.files.writeFileSync('/operator', System.caller.id + ' ' + System.caller.via + ' ' + System.time) }
      exports.b = () => 1; exports.a = async () => {}; exports.c = 5; exports.__proto__ = { inherited() {} }`,
    genesis: true,
    steps: ['b', 'a', 'c', 'init', 'inherited', 'toString', '__proto__', ''].map((method) => ({
      method,
      args: [],
    })),
  },
  {
    name: 'a script that breaks the built-ins',
    memory: 'fresh',
    script: `
      const broken = () => { throw new Error('broken') }
      JSON.parse = JSON.stringify = String.prototype.isWellFormed = String.prototype.includes = broken
      Array.prototype[Symbol.iterator] = Promise.prototype.then = Promise.resolve = Reflect.apply = broken
      Array.prototype.push = Map.prototype.get = Object.keys = Function.prototype.call = broken
      Array.prototype.toJSON = undefined
      Object.defineProperty(Object.prototype, 'get', { value: undefined, configurable: true })
      exports.who = () => ({ id: System.caller.id })
      exports.write = (path, text) => System.files.writeFileSync(path, text)`,
    steps: [
      { method: 'who', args: [] },
      { method: 'write', args: ['/a\0b', ''] },
      { method: 'write', args: ['/a', 'b'] },
    ],
  },
  {
    name: 'memory that is kept',
    memory: 'kept',
    limits: { gas: 20, memory: 16 * 1024 * 1024, timers: 50, jobs: 500 },
    script: `let count = 0
      const seen = new Map()
      exports.up = (by = 1) => { count += by; seen.set(count, { kept: [count] }); return count }
      exports.seen = () => [...seen.keys()]
      exports.fail = () => { count += 100; throw new Error('no') }
      exports.wait = () => { count += 100; return new Promise(() => {}) }
      exports.loop = () => { count += 100; for (;;); }
      exports.grow = () => { count += 100; const all = []; for (;;) all.push(new Array(999).fill(1)) }
      exports.leave = () => { setTimeout(() => { count += 100 }, 1); Promise.resolve().then(() => { count += 1 }); return count }
      exports.random = () => Math.random()`,
    steps: ['up', 'up', 'fail', 'wait', 'loop', 'grow', 'leave', 'random', 'up', 'seen'].map(
      (method) => ({ method, args: [] }),
    ),
  },
  ...oracles,
]
