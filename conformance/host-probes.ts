// What could differ between machines, run in the script host: one digest of all outcomes and of the memory afterwards.
// Run as a program it prints that digest; the work is done in a worker with a native stack that outlasts QuickJS's own.
import { hash } from 'node:crypto'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import type { ScriptCall } from '../packages/entries/src/public/calls.ts'
import { createScriptHost } from '../packages/host/src/index.ts'

/** Each runs as a method of its own. */
const probes: Readonly<Record<string, string>> = {
  libm: `() => { const out = []; for (const f of ['sin','cos','tan','asin','acos','atan','sinh','cosh','tanh','exp','expm1','log','log1p','log2','log10','cbrt','sqrt','fround'])
    for (let i = 1; i < 200; i++) out.push(Math[f](i * 0.37 - 20 / i)); for (let i = 1; i < 200; i++) out.push(Math.pow(i, 0.1 * i), Math.atan2(i, 3), Math.hypot(i, 0.5)); return digest(out) }`,
  floats: `() => digest([0.1 + 0.2, 1 / 3, 5e-324, 1e21, 123456789.123, -0, 2 ** -1074, (0.1).toFixed(20), (255).toString(36), (0.1).toString(3), parseFloat('1e-7'), 1e300 * 1e10, (25).toPrecision(1), 1.005.toFixed(2)].map(String))`,
  nan: `() => { const f = new Float64Array([NaN, 0 / 0, -NaN, Math.sqrt(-1), Infinity - Infinity, parseFloat('x'), 0 * Infinity]); return Buffer.from(f.buffer).toString('hex') }`,
  nanBits: `() => { const u = new Uint32Array([1, 0xfff80000, 2, 0x7ff00001]); const f = new Float64Array(u.buffer); const g = new Float64Array([f[0], -f[1]]); const h = new Float32Array([f[0]]); return Buffer.from(g.buffer).toString('hex') + Buffer.from(h.buffer).toString('hex') }`,
  badSort: `() => { let n = 0; const a = Array.from({ length: 500 }, (_, i) => (i * 7919) % 499); a.sort(() => (++n * 7919) % 3 - 1); return digest([n, ...a]) }`,
  goodSort: `() => digest(Array.from({ length: 999 }, (_, i) => ({ k: i % 7, i })).sort((a, b) => a.k - b.k).map((x) => x.i))`,
  locale: `() => [new Date(2020, 5, 1).toString(), new Date(1e12).toLocaleString(), new Date('2020-01-01T00:00').getTime(), Date.parse('Jan 5, 2021 10:00'), (1234.5).toLocaleString(), 'ä'.localeCompare('z'), 'I'.toLocaleLowerCase('tr'), 'é'.normalize('NFD').length]`,
  regexp: `() => [/(\\p{L}+)\\s\\1/u.exec('été été')?.[0], 'aBc'.replace(/b/i, (m, at) => m + at), /(?<y>\\d{4})/.exec('in 2020').groups.y, /^(?:a|b)*?c$/.test('abababc'), [...'a1b22'.matchAll(/\\d+/g)].join()]`,
  bigint: `() => String(3n ** 500n % 10n ** 40n)`,
  keys: `() => Object.keys({ b: 1, 2: 1, a: 1, 1: 1, [Symbol()]: 1, '-1': 1 })`,
  random: `() => digest(Array.from({ length: 100 }, () => Math.random()))`,
  collected: `() => { let n = 0; const r = new FinalizationRegistry(() => n++); for (let i = 0; i < 2000; i++) r.register({ i, big: new Array(50) }); const w = new WeakRef({}); return new Promise((done) => setTimeout(() => done([n, w.deref() === undefined]), 10)) }`,
  error: `() => { try { null.x } catch (e) { return [e.name, e.message, e.stack] } }`,
  promises: `async () => { const o = []; await Promise.all([1, 2, 3].map(async (x) => { await x; o.push(x); await null; o.push(-x) })); setTimeout(() => o.push('t'), 1); await new Promise((r) => setTimeout(r, 5)); return o }`,
  huge: `() => { try { return new ArrayBuffer(2 ** 31 - 1).byteLength } catch (e) { return [e.name, e.message] } }`,
  caught: `() => { const a = []; try { for (;;) a.push({ n: a.length, s: 'x' + a.length }) } catch { return 'caught' } }`,
  memory: `() => { const a = []; for (;;) a.push('x'.repeat(a.length)) }`,
  gas: `() => { for (let i = 0; ; i++) Math.sqrt(i) }`,
  gasAt: `() => { let n = 0; try { for (;;) { n++; System.files.existsSync('/n') } } finally { } }`,
  depth: `() => { let n = 0; const f = () => { n++; f() }; try { f() } catch (e) { return [n, e.name, e.message] } }`,
  recurse: `() => { const f = () => f() + 1; return f() }`,
  recurseNative: `() => { let n = 0; const f = () => { n++; [1].map(f) }; try { f() } catch (e) { return [n, e.message] } }`,
  recurseGetter: `() => { let n = 0; const o = { get x() { n++; return this.x } }; try { o.x } catch (e) { return [n, e.message] } }`,
  recurseToString: `() => { let n = 0; const o = { toString() { n++; return String(o) } }; try { String(o) } catch (e) { return [n, e.message] } }`,
  recurseProxy: `() => { let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); try { return p.x } catch (e) { return e.message } }`,
  recurseJson: `() => { let s = '['.repeat(1e5); try { JSON.parse(s) } catch (e) { return e.message } }`,
  recurseStringify: `() => { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; try { return JSON.stringify(a).length } catch (e) { return e.message } }`,
  recurseEval: `() => { try { return eval('('.repeat(1e5)) } catch (e) { return e.message } }`,
  recurseEvalUnary: `() => { try { return eval('-'.repeat(1e4) + '1') } catch (e) { return e.message } }`,
  recurseRegexp: `() => { try { return new RegExp('('.repeat(1e5)).test('') } catch (e) { return e.message } }`,
  recurseSort: `() => { let n = 0; const f = () => { n++; [2, 1].sort(f) }; try { f() } catch (e) { return [n, e.message] } }`,
  recurseFlat: `() => { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; try { return a.flat(Infinity).length } catch (e) { return e.message } }`,
}
const script = `
const digest = (list) => System.hash('sha256', list.join('|'))
${Object.entries(probes)
  .map(([name, body]) => `exports.${name} = ${body}`)
  .join('\n')}`

/** One line for each probe, then the memory's digest; and a digest of all that. */
export function runProbes(): { readonly lines: readonly string[]; readonly digest: string } {
  const options = {
    script,
    memory: 'kept' as const,
    limits: { gas: 2000 },
    print: () => {},
    blobs: () => undefined,
  }
  const host = createScriptHost(options)
  const state = { get: () => undefined, list: () => [] }
  const lines = Object.keys(probes).map((method, index) => {
    const call: ScriptCall = {
      method,
      args: '[]',
      account: null,
      via: 'token',
      timeMs: 1_795_000_000_000 + index,
      seed: new Uint8Array(32).fill(index),
    }
    try {
      return `${method}: ${JSON.stringify(host.call(call, state))}`
    } catch (error) {
      return `${method}: aborted, ${String(error)}`
    }
  })
  lines.push(host.memoryDigest())
  return { lines, digest: hash('sha256', lines.join('\n')) }
}

if (!isMainThread && parentPort !== null) parentPort.postMessage(runProbes())
else if (process.argv[1] === import.meta.filename) {
  const worker = new Worker(new URL(import.meta.url), { resourceLimits: { stackSizeMb: 32 } })
  worker.on('message', (found) => console.log(JSON.stringify(found)))
}
