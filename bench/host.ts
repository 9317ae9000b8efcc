// What running a script costs: `node bench/host.ts` prints a table and, as its last line, JSON.
import type { ScriptCall } from '../packages/entries/src/public/calls.ts'
import { createScriptHost, type ScriptHost } from '../packages/host/src/index.ts'

const script = `
const fs = System.files
let count = 0
exports.trivial = () => ++count
exports.idle = async () => ++count
exports.publish = (ask) => {
  const base = '/packages/' + ask.name
  for (let i = 0; i < 10; i++) if (fs.readFileSync(base + '/versions/1.0.' + i).length < 10) throw new Error('short')
  for (let i = 0; i < 5; i++) fs.writeFileSync(base + '/tags/' + i, ask.version)
  return { ok: true }
}
exports.publishAsync = async (ask) => {
  const base = '/packages/' + ask.name
  for (let i = 0; i < 10; i++) if ((await fs.readFile(base + '/versions/1.0.' + i)).length < 10) throw new Error('short')
  for (let i = 0; i < 5; i++) await fs.writeFile(base + '/tags/' + i, ask.version)
  return { ok: true }
}
exports.touch = (times) => { for (let i = 0; i < times; i++) fs.existsSync('/packages') }
exports.hashes = (times) => { for (let i = 0; i < times; i++) System.hash('sha256', 'a short text') }
exports.echo = (text) => text
exports.loop = (turns) => { let x = 0; for (let i = 0; i < turns; i++) x = (x * 31 + i) | 0; return x }
`

const record = JSON.stringify({ integrity: 'sha512-x', record: { name: 'left-pad' } })
const files = new Map<string, Uint8Array>([['/\0packages/', new Uint8Array(0)]])
files.set('/packages\0left-pad/', new Uint8Array(0))
files.set('/packages/left-pad\0versions/', new Uint8Array(0))
files.set('/packages/left-pad\0tags/', new Uint8Array(0))
for (let patch = 0; patch < 10; patch++) {
  files.set(`/packages/left-pad/versions\x001.0.${patch}`, Buffer.from(record))
}
const state = {
  get: (object: string, field: string): Uint8Array | undefined => files.get(`${object}\0${field}`),
  list: (): readonly string[] => [],
}
const release = { name: 'left-pad', version: '2.0.0', readme: 'x'.repeat(1000) }

const hosts = { fresh: makeHost('fresh'), kept: makeHost('kept') }
const rows: Record<string, { microseconds: number; perSecond: number }> = {}

for (const [kind, host] of Object.entries(hosts)) {
  measure(`${kind}: trivial`, () => host.call(ask('trivial'), state))
  measure(`${kind}: trivial, async`, () => host.call(ask('idle'), state))
  const publish = ask('publish', release)
  measure(`${kind}: 1 KB argument, 10 reads, 5 writes`, () => host.call(publish, state))
  const later = ask('publishAsync', release)
  measure(`${kind}: the same with promises`, () => host.call(later, state))
  measure(`${kind}: query, trivial`, () => host.query(ask('trivial'), state))
}
const { fresh, kept } = hosts
measure('one host call (exists)', () => fresh.call(ask('touch', 1000), state), 1000)
measure('one host call (hash)', () => fresh.call(ask('hashes', 1000), state), 1000)
const megabyte = ask('echo', 'é'.repeat(500_000))
measure('1 MB of text in and out', () => fresh.call(megabyte, state))
measure('10,000 loop turns', () => fresh.call(ask('loop', 1_000_000), state), 100)
measure('boot', () => makeHost('fresh'))
const snapshot = kept.snapshot()
measure('snapshot', () => kept.snapshot())
measure('restore', () => kept.restore(snapshot))
measure('memory digest', () => kept.memoryDigest())

console.table(rows)
console.log(JSON.stringify({ snapshotBytes: snapshot.length, rows }))

function makeHost(memory: 'fresh' | 'kept'): ScriptHost {
  const options = { script, memory, print: () => {}, blobs: () => undefined }
  return createScriptHost(options)
}

function ask(method: string, ...args: unknown[]): ScriptCall {
  const timeMs = 1_795_000_000_000
  return {
    method,
    args: JSON.stringify(args),
    account: 'alice',
    via: 'token',
    timeMs,
    seed: new Uint8Array(32).fill(7),
  }
}

/** Runs for about half a second, after a warm-up. */
function measure(name: string, run: () => unknown, parts = 1): void {
  const until = (endMs: number): number => {
    let runs = 0
    for (; performance.now() < endMs; runs++) run()
    return runs
  }
  until(performance.now() + 200)
  const start = performance.now()
  const runs = until(start + 400)
  const microseconds = ((performance.now() - start) * 1000) / (runs * parts)
  rows[name] = {
    microseconds: Number(microseconds.toPrecision(3)),
    perSecond: Math.round(1e6 / microseconds),
  }
}
