// Scripts that mean no good: what each attempt ends with, and what the neighbour on the same server feels of it.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { isSteleError } from '../packages/errors/src/index.ts'
import { VM } from '../packages/stele/src/vm.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

type Attempt = {
  readonly what: string
  /** The body of the method. */
  readonly code: string
  readonly args?: readonly (string | number)[]
  /** What the caller is told: `name: message`. */
  readonly error?: RegExp
  /** What no gas is counted for: the thread of all services is ended, and started anew. */
  readonly hangs?: true
  /** What the caller gets, where nothing is wrong with it. */
  readonly result?: unknown
}

const attempts: readonly Attempt[] = [
  { what: 'a loop that never ends', code: 'for (;;);', error: /^trap: gas$/ },
  {
    what: 'a loop that catches everything',
    code: 'for (;;) try { for (;;); } catch {}',
    error: /^trap: gas$/,
  },
  {
    what: 'recursion',
    code: 'const f = () => f(); f()',
    error: /^(?:trap: stack|InternalError: .*stack|RangeError: )/,
  },
  {
    what: 'memory by one array',
    code: 'const a = []; for (;;) a.push(new Array(1000).fill(a))',
    error: /^(?:trap: memory|InternalError: out of memory)/,
  },
  {
    what: 'memory by one text',
    code: "let s = 'x'; for (;;) s += s",
    error: /^(?:trap: memory|InternalError: |RangeError: )/,
  },
  {
    what: 'a buffer of 4 GB',
    code: 'return new Uint8Array(2 ** 32).length',
    error: /^(?:trap: memory|RangeError: |InternalError: )/,
  },
  {
    what: 'a huge result',
    code: "return 'x'.repeat(8 * 1024 * 1024)",
    error: /^(?:bad_result: |trap: memory)/,
  },
  {
    what: 'a result without an end',
    code: 'const a = []; a.push(a); return a',
    error: /^bad_result: /,
  },
  {
    what: 'a result of 10,000 levels',
    code: 'let a = []; for (let i = 0; i < 1e4; i++) a = [a]; return a',
    error: /^bad_result: /,
  },
  {
    what: 'a result that throws when it is read',
    code: 'return { get x() { throw new Error("no") } }',
    error: /^(?:bad_result|Error): /,
  },
  {
    what: 'a result whose toJSON never ends',
    code: 'return { toJSON() { for (;;); } }',
    error: /^trap: gas$/,
  },
  { what: 'throwing a text', code: "throw 'no'", error: /^Error: no$/ },
  { what: 'throwing null', code: 'throw null', error: /^Error: null$/ },
  {
    what: 'throwing a proxy',
    code: 'throw new Proxy({}, { get() { throw new Error("inner") }, getPrototypeOf() { throw 1 } })',
    error: /^Error: /,
  },
  {
    what: 'throwing what lies about its name',
    code: 'throw Object.assign(new Error("x"), { name: { toString() { for (;;); } } })',
    error: /^(?:trap: gas|Error: )/,
  },
  { what: 'an error of 5 MB', code: "throw new Error('x'.repeat(5e6))", error: /^Error: x{100}/ },
  {
    what: 'a promise that never settles',
    code: 'return new Promise(() => {})',
    error: /^never_settled: /,
  },
  {
    what: 'awaiting for ever',
    code: 'return (async () => { for (;;) await 0 })()',
    error: /^trap: (?:jobs|gas)$/,
  },
  {
    what: 'timers for ever',
    code: 'return new Promise(() => { const f = () => setTimeout(f, 0); f() })',
    error: /^trap: timers$/,
  },
  {
    what: 'a timer in a hundred years',
    code: 'return new Promise((done) => setTimeout(done, 3e12, "late"))',
    result: 'late',
  },
  {
    what: 'a million timers',
    code: 'for (let i = 0; i < 1e6; i++) setTimeout(() => {}, i); return 1',
    error: /^trap: /,
  },
  {
    what: 'files without an end',
    code: "for (let i = 0; ; i++) System.files.writeFileSync('/f' + i, 'x')",
    error: /^trap: (?:writes|hostCalls|gas)$/,
  },
  {
    what: 'one file without an end',
    code: "for (let s = 'x'; ; s += s) System.files.writeFileSync('/f', s)",
    error: /^(?:trap: (?:writeBytes|transferBytes|memory)|InternalError: )/,
  },
  {
    what: 'a file above the root',
    code: "System.files.writeFileSync('/../keys/log.key', 'x')",
    error: /^InvalidPathError: /,
  },
  {
    what: 'a file of the host',
    code: "System.files.writeFileSync('stele/log', 'x')",
    error: /^InvalidPathError: /,
  },
  {
    what: 'NUL in a name',
    code: "System.files.writeFileSync('/a\\u0000b', 'x')",
    error: /^InvalidPathError: /,
  },
  {
    what: 'a lone surrogate in a name',
    code: "System.files.writeFileSync('/a\\ud800', 'x'); return System.files.readdirSync('/').length",
    error: /^InvalidPathError: /,
  },
  { what: 'a lone surrogate in a result', code: "return 'a\\ud800'", error: /^bad_result: / },
  {
    what: 'a name of 10,000 letters',
    code: "System.files.writeFileSync('/' + 'x'.repeat(1e4), 'x')",
    error: /^InvalidPathError: /,
  },
  {
    what: 'a polluted prototype',
    code: "Object.prototype.ok = false; Array.prototype.map = () => { throw 1 }; Object.prototype.toJSON = () => 'lies'; JSON.stringify = () => '{}'; return { a: [1] }",
    result: 'any',
  },
  {
    what: 'its own globals gone',
    code: 'for (const k of Object.getOwnPropertyNames(globalThis)) try { delete globalThis[k] } catch {}; return 1',
    result: 1,
  },
  {
    what: 'the constructor of functions',
    code: "return (() => {}).constructor('return typeof process + typeof require + typeof fetch')()",
    result: 'undefinedundefinedundefined',
  },
  { what: 'an import', code: "return import('node:fs')", error: /^\w+: / },
  {
    what: 'recursion that goes on in finally',
    code: 'const f = () => { try { f() } finally { f() } }; f()',
    hangs: true,
  },
  {
    what: 'a regular expression that backtracks',
    code: "return /(a+)+$/.test('a'.repeat(40) + 'b')",
    error: /^trap: gas$/,
  },
  {
    what: 'comparing long texts again and again in one native call',
    code: "const s = 'x'.repeat(2e6); return (s + 'y').indexOf(s.slice(0, 1e6) + 'z')",
    hangs: true,
  },
]

suite('hostile scripts', () => {
  let folder: Folder
  let neighbour: VM
  before(async () => {
    folder = await makeFolder('vm-hostile')
    neighbour = new VM('let n = 0; exports.next = () => ++n')
    await neighbour.deploy({ dir: join(folder.path, 'neighbour') })
  })
  after(async () => {
    await neighbour.close()
    await folder[Symbol.asyncDispose]()
  })

  /** Asks the neighbour again and again while `work` runs; gives the longest wait, in ms. */
  const watch = async (work: Promise<unknown>): Promise<number> => {
    let longestMs = 0
    let isOver = false
    const ended = work.finally(() => {
      isOver = true
    })
    ended.catch(() => undefined)
    do {
      const startMs = performance.now()
      await neighbour.executeCall({ methodName: 'next' }).catch((error: unknown) => {
        // Its calls in flight end with the thread; it is asked again, and answers.
        if (!isSteleError(error, 'outcome_unknown')) throw error
      })
      longestMs = Math.max(longestMs, performance.now() - startMs)
    } while (!isOver)
    return longestMs
  }

  const attempt = async (
    t: TestContext,
    { what, code, args = [], error, hangs, result }: Attempt,
  ): Promise<void> => {
    const dir = join(folder.path, what.replaceAll(/\W+/g, '-'))
    const vm = new VM(`exports.attack = (...args) => { ${code} }\nexports.fine = () => 'fine'`)
    await vm.deploy({ dir })
    t.after(() => vm.close())
    const attacking = vm.executeCall({ methodName: 'attack', args })
    const longestMs = await watch(attacking)
    t.diagnostic(`the neighbour waited ${longestMs.toFixed(0)} ms at most`)
    if (hangs === true) {
      await assert.rejects(attacking, (thrown) => isSteleError(thrown, 'outcome_unknown'))
    } else if (error === undefined) {
      const found = await attacking
      if (result !== 'any') assert.deepEqual(found, result)
    } else {
      await assert.rejects(attacking, (thrown: unknown) => {
        assert.ok(thrown instanceof Error)
        assert.match(`${thrown.name}: ${thrown.message}`, error)
        return true
      })
    }
    assert.equal(await vm.executeCall({ methodName: 'fine' }), 'fine')
  }

  for (const row of attempts) {
    const { what, error, hangs, result } = row
    const got = error === undefined ? JSON.stringify(result) : String(error)
    const wanted = hangs === true ? 'that nobody knows what became of it' : got
    test(`${what}: the caller is told ${wanted}, and the next call is fine`, (t) => attempt(t, row))
  }
})
