// A script cannot hide a source of chance: what each attempt gives, the first time and in every replay, also on other machines' settings.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { JsonValue } from '../packages/formats/src/public/json.ts'
import { VM } from '../packages/stele/src/vm.ts'
import { runProgram } from './processes.ts'
import { makeFolder } from './temporary-folder.ts'
import { nodevmsFile } from './vm-server.ts'

type Attempt = {
  readonly what: string
  /** The body of the method; `time` is the entry's. */
  readonly code: string
  readonly result?: JsonValue
  /** What the caller is told: `name: message`. */
  readonly error?: string
}

const attempts: readonly Attempt[] = [
  {
    what: 'the clock stands still within a call',
    code: 'const a = Date.now(); for (let i = 0; i < 1e6; i++); return [Date.now() - a, new Date() - a]',
    result: [0, 0],
  },
  { what: 'there is no finer clock', code: 'return typeof performance', result: 'undefined' },
  {
    what: 'a timer passes no time, and timers end in the order of their delays',
    code: `const before = Date.now(); const order = []
      await new Promise((end) => { setTimeout(() => { order.push('c'); end() }, 9000); setTimeout(() => order.push('b'), 20); setTimeout(() => order.push('a'), 1) })
      return [order.join(''), Date.now() - before]`,
    result: ['abc', 0],
  },
  {
    what: 'every machine is in UTC, and speaks no language',
    code: `return [new Date(0).getTimezoneOffset(), String(new Date(0)), Date.parse('2020-01-01T00:00'), typeof Intl,
      (1234.5).toLocaleString('de'), 'I'.toLocaleLowerCase('tr'), ['z', 'ä', 'a'].sort((a, b) => a.localeCompare(b, 'sv')).join('')]`,
    result: [
      0,
      'Thu Jan 01 1970 00:00:00 GMT+0000',
      1577836800000,
      'undefined',
      '1234.5',
      'i',
      'azä',
    ],
  },
  { what: 'there is no other chance', code: 'return typeof crypto', result: 'undefined' },
  {
    what: 'nothing of the environment is there',
    code: `return [typeof process, typeof require, typeof navigator, typeof fetch, typeof WebAssembly, typeof Worker, typeof Atomics, typeof os, typeof std, typeof gc]`,
    result: Array.from({ length: 10 }, () => 'undefined'),
  },
  {
    what: 'nor behind eval, Function, or the constructors of functions',
    code: `const f = Object.getPrototypeOf(async () => {}).constructor
      return [eval('typeof process'), new Function('return typeof process')(), await f('return typeof require')()]`,
    result: ['undefined', 'undefined', 'undefined'],
  },
  {
    what: 'require',
    code: "return require('fs')",
    error: "ReferenceError: 'require' is not defined",
  },
  {
    what: 'import of a module',
    code: "return import('node:fs')",
    error: "ReferenceError: could not load module 'node:fs'",
  },
  {
    what: 'import of a text',
    code: "return import('data:text/javascript,export default 1')",
    error: "ReferenceError: could not load module 'data:text/javascript,export default 1'",
  },
  {
    what: 'import of what a file holds',
    code: "await System.files.writeFile('/m.js', 'export default 1'); return import('/m.js')",
    error: "ReferenceError: could not load module '/m.js'",
  },
  {
    what: 'threads that count for a clock',
    code: 'const shared = new SharedArrayBuffer(8); return [shared.byteLength, typeof Worker, typeof Atomics]',
    result: [8, 'undefined', 'undefined'],
  },
  {
    what: 'no address shows in text, stacks or the order of names',
    code: `const names = {}; for (let i = 0; i < 100; i++) names['k' + ((i * 37) % 100)] = {}
      return [String({}), String(Symbol('s')), String(() => 1), Object.keys(names).slice(0, 4).join(), /0x|[0-9a-f]{6}/.test(new Error('x').stack)]`,
    result: ['[object Object]', 'Symbol(s)', '() => 1', 'k0,k37,k74,k11', false],
  },
  {
    what: 'new memory is empty, whatever stood there before',
    code: `for (let i = 0; i < 50; i++) new Uint8Array(65536).fill(255)
      return new Uint8Array(65536).every((byte) => byte === 0)`,
    result: true,
  },
  {
    what: 'the bits of NaN are always the same',
    code: `const of = (n) => Array.from(new Uint8Array(new Float64Array([n]).buffer)).join()
      const odd = new DataView(new ArrayBuffer(8)); odd.setUint32(0, 0xfff00001)
      return [of(0 / 0), of(Math.sqrt(-1)), of(-(0 / 0)), of(odd.getFloat64(0))]`,
    result: Array.from({ length: 4 }, () => '0,0,0,0,0,0,248,127'),
  },
  {
    what: 'mathematics comes with the engine, not with the machine',
    code: 'return [Math.sin(1e22), Math.pow(2.1, 3.7), Math.exp(1.1), Math.tan(1e10), Math.cbrt(5)]',
    result: [
      -0.8522008497671888, 15.567231739013948, 3.0041660239464334, -0.5583496378112418,
      1.709975946676697,
    ],
  },
  {
    what: 'garbage is collected at the same moment',
    code: `const gone = []; const refs = Array.from({ length: 50 }, (_, i) => new WeakRef({ i }))
      for (let i = 0; i < 1e5; i++) { const cycle = {}; cycle.self = cycle; if (i % 1000 === 0) gone.push(refs.filter((ref) => ref.deref() === undefined).length) }
      return System.hash('sha256', gone.join())`,
  },
  {
    what: 'and finalizers run at the same moment',
    code: `globalThis.finals ??= []; globalThis.registry ??= new FinalizationRegistry((value) => finals.push(value))
      for (let i = 0; i < 100; i++) { const cycle = { i }; cycle.self = cycle; registry.register(cycle, i) }
      for (let i = 0; i < 1e5; i++) { const cycle = {}; cycle.self = cycle }
      await new Promise((end) => setTimeout(end)); return finals.length`,
  },
  {
    what: 'memory ends at the same byte',
    code: 'const kept = []; for (;;) kept.push(new ArrayBuffer(1024))',
    error: 'trap: memory',
  },
  {
    what: 'the stack ends at the same depth',
    code: 'let depth = 0; const f = () => { depth++; f() }; try { f() } catch (error) { return [depth, error.name] }',
    result: [1484, 'InternalError'],
  },
  { what: 'work ends after the same step', code: 'for (;;);', error: 'trap: gas' },
  {
    what: 'and what it had changed until then is gone',
    code: "globalThis.counted = 0; try { await System.files.writeFile('/x', '1') } finally { for (;;) counted++ }",
    error: 'trap: gas',
  },
  {
    what: 'as the next call sees',
    code: 'return [typeof counted, await System.files.exists("/x")]',
    result: ['undefined', false],
  },
  {
    what: 'an oracle sees the real clock, and can carry out nothing but its answer',
    code: 'let seen; const now = await System.oracle(() => (seen = Date.now())); return [seen === undefined, Math.abs(now - Date.now()) < 60000]',
    result: [true, true],
  },
  {
    what: 'a chance that is seeded by the entry',
    code: 'return [Math.random() === Math.random(), Math.random() < 1]',
    result: [false, true],
  },
]

const script = attempts
  .map(({ code }, index) => `exports.try${index} = async () => {\n${code}\n}`)
  .join('\n')
const surroundings: readonly Record<string, string>[] = [
  { TZ: 'UTC', LANG: 'C' },
  { TZ: 'Asia/Tokyo', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
  { TZ: 'America/St_Johns', LANG: 'sv_SE.UTF-8', NODE_OPTIONS: '--max-semi-space-size=1' },
]

suite('a hidden source of chance', () => {
  test('each attempt gives what the log and the script decide', async (t) => {
    await using folder = await makeFolder('vm-determinism')
    const vm = new VM(script)
    await vm.deploy({ dir: folder.path })
    for (const [index, { what, result, error }] of attempts.entries()) {
      await t.test(what, async () => {
        const answer = vm.executeCall({ methodName: `try${index}` })
        if (error === undefined) {
          const given = await answer
          if (result !== undefined) assert.deepEqual(given, result)
        } else {
          await assert.rejects(answer, (thrown: Error) => {
            assert.equal(`${thrown.name}: ${thrown.message}`, error)
            return true
          })
        }
      })
    }
    await vm.close()
    for (const [index, env] of surroundings.entries()) {
      await t.test(`a replay gives the same in ${JSON.stringify(env)}`, async () => {
        const args = [nodevmsFile, 'verify', '--dir', folder.path]
        const { code, stdout, stderr } = await runProgram(process.execPath, args, {
          cwd: folder.path,
          env: { PATH: process.env['PATH'], HOME: join(folder.path, `home-${index}`), ...env },
        })
        assert.equal(code, 0, stdout + stderr)
      })
    }
  })
})
