// Where the time of one publish goes: `node bench/publish-cost.ts`, on a registry of 10,000 packages.
// The pieces are timed in this process with the real functions, then a running server is profiled under load.
import { hash, randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { createAccounts } from '../packages/accounts/src/index.ts'
import type { CallRequest } from '../packages/entries/src/public/calls.ts'
import { type NpmPorts, npmFace } from '../packages/faces/src/npm/index.ts'
import { parseJson } from '../packages/formats/src/public/json.ts'
import { parsePackageName } from '../packages/formats/src/public/names.ts'
import { createScriptHost } from '../packages/host/src/index.ts'
import { createApp, listen } from '../packages/http/src/index.ts'
import { type LogPorts, Sequencer } from '../packages/log/src/index.ts'
import { parseDocument } from '../packages/registry/src/document.ts'
import { createRegistry, registryProjection } from '../packages/registry/src/index.ts'
import { readUpload } from '../packages/registry/src/upload.ts'
import { readRelease, versionPieces } from '../packages/releases/src/public/release.ts'
import { bindProjection } from '../packages/replica/src/index.ts'
import { Trie } from '../packages/state/src/index.ts'
import { openAccountStore } from '../packages/storage/src/account-store.ts'
import { openDatabase, openReader } from '../packages/storage/src/database.ts'
import { createLogReader, createLogStore, logSchema } from '../packages/storage/src/log-store.ts'
import { type DataPaths, dataPaths, loadKey } from '../packages/storage/src/public/folder.ts'
import { type StoredPaths, storedPaths } from '../packages/storage/src/stored-paths.ts'
import { createViewReader } from '../packages/storage/src/view-reader.ts'
import { createViewHome } from '../packages/storage/src/view-store.ts'
import { readTarball } from '../packages/tarball/src/index.ts'
import {
  createCosigner,
  createEd25519Signer,
  parseCheckpoint,
} from '../packages/tlog/src/public/keys.ts'
import { parseNote } from '../packages/tlog/src/public/notes.ts'
import { readProfiles, type ThreadCost } from './parts/cpu-profile.ts'
import { makeTarballOf, publishDocument, type ReleaseName } from './parts/documents.ts'
import { openFilledFolder } from './parts/filled-folder.ts'
import { prepareJob } from './parts/load.ts'
import { createMeter, type Meter } from './parts/meter.ts'
import { cpuMs } from './parts/process-cost.ts'
import { startRegistry } from './parts/registries.ts'
import { printReport, type Row, short } from './parts/report.ts'

const count = 2_000
const warmUp = 400
const account = 'bench'
const enginePieces = [
  'script',
  'state reads',
  'trie',
  'plan of the views',
  'signatures',
  'random',
  'rows of the log',
  'rows of the views',
  'commit',
  'body, effects, leaf, tree, queue',
] as const

const folder = await openFilledFolder()
try {
  const paths = { ...storedPaths(folder.path), ...dataPaths(folder.path) }
  const requests: CallRequest[] = []
  const main = [
    ...(await measureHttp(paths)),
    ...(await measureMain(paths, requests)),
    measureMessages(requests),
  ]
  const groups = await measureEngine(paths, requests)
  const server = await profileServer()
  printReport({
    tables: [
      { caption: 'Main thread, µs for one publish', rows: main },
      { caption: "Engine's thread, µs for one publish, by calls in a commit", rows: groups },
      ...server.tables,
    ],
    remarks: [
      `${count} publishes of new packages, 3 files, 2 KB; the median of each piece, by the wall's clock.`,
      'The commit waits for the disk (fsync). The profile samples wall time too.',
      server.remark,
    ],
  })
} finally {
  folder.remove()
}

function releases(prefix: string): readonly ReleaseName[] {
  return Array.from({ length: count + warmUp }, (_, at) => ({
    name: `${prefix}-${at}`,
    version: '1.0.0',
  }))
}

/** The request without its publish: node:http, the face, JSON, the token. */
async function measureHttp(paths: StoredPaths): Promise<readonly Row[]> {
  const store = openAccountStore(paths.accounts)
  const db = openReader(paths.log, logSchema)
  const random = (sizeBytes: number): Uint8Array => randomBytes(sizeBytes)
  const refused = (): never => {
    throw new Error('Nothing else is asked')
  }
  const reads = { state: createLogReader(db, paths.blobs), views: createViewReader(db) }
  const registry = createRegistry({ ...reads, submit: refused, now: Date.now })
  const accounts = createAccounts({ store, now: Date.now, random })
  const ports: NpmPorts = {
    isClosed: false,
    registry: {
      ...registry,
      put: async ({ name, body }) => {
        parseDocument(body)
        return { did: 'publish', spec: name, entry: 1, timeMs: Date.now(), isRepeat: false }
      },
    },
    accounts,
    log: { treeSize: refused, blob: refused, takenDown: refused },
    signUp: { signUp: 'closed', listensOnLoopback: true, isPublished: false },
  }
  const face = npmFace.open(ports, { maxUploadBytes: 2 ** 20 })
  const settings = { mountPath: '', trustedProxies: [] }
  const app = createApp({ faces: [face], settings, now: Date.now, report: () => undefined })
  const server = await listen(app, { host: '127.0.0.1', port: 0, report: () => undefined })
  const work = { kind: 'publish', token: folder.token, releases: releases('http') } as const
  const job = await prepareJob({ url: server.url, clients: 8, work })
  const start = process.cpuUsage()
  const { requests } = await job.run()
  const { user, system } = process.cpuUsage(start)
  await server.stop()
  const meter = createMeter()
  for (let at = 0; at < count; at++) {
    const header = `Bearer ${folder.token}`
    await meter.timeAsync('token', () => accounts.authenticate(header, '127.0.0.1'))
  }
  store.close()
  db.close()
  const token = usOf(meter, 'token')
  return [
    {
      piece: 'node:http, routing, body, JSON, answer',
      µs: short((user + system) / requests - token),
    },
    { piece: 'the token: hash and row', µs: short(token) },
  ]
}

/** From the document to the call, without parsing it; collects the calls. */
async function measureMain(paths: StoredPaths, requests: CallRequest[]): Promise<readonly Row[]> {
  const db = openReader(paths.log, logSchema)
  const meter = createMeter()
  const reads = { state: createLogReader(db, paths.blobs), views: createViewReader(db) }
  const submit = async (request: CallRequest) => {
    requests.push(request)
    return { index: 1, timeMs: 1, outcome: { ok: true } } as const
  }
  const registry = createRegistry({ ...reads, submit, now: Date.now })
  for (const [at, release] of releases('cost').entries()) {
    if (at === warmUp) meter.reset()
    const tarball = makeTarballOf(release)
    const text = publishDocument(release, tarball)
    const name = parsePackageName(release.name)
    const body = Buffer.from(text)
    await meter.timeAsync('all', () => registry.put({ account, name, body }))
    const document = meter.time('parse', () => parseJson(text, 'the body'))
    meter.time('upload', () => readUpload(name, document))
    const read = meter.time('release', () => readRelease(tarball))
    meter.time('tarball', () => readTarball(tarball))
    meter.time('pieces', () => versionPieces(read))
    meter.time('digests', () => [hash('sha1', tarball, 'hex'), hash('sha512', tarball, 'base64')])
  }
  db.close()
  const us = (name: string): number => usOf(meter, name)
  return [
    { piece: 'tarball: gunzip, tar, file digests', µs: short(us('tarball')) },
    { piece: 'manifest, record, its digests', µs: short(us('release') - us('tarball')) },
    { piece: "the document's digests", µs: short(us('digests')) },
    {
      piece: 'base64, manifest and record of the document',
      µs: short(us('upload') - us('release') - us('digests')),
    },
    { piece: 'pieces of the packument', µs: short(us('pieces')) },
    {
      piece: 'reads of state and views',
      µs: short(us('all') - us('parse') - us('upload') - us('pieces')),
    },
  ]
}

/** A request and its answer through a channel, without the waking of threads. */
function measureMessages(requests: readonly CallRequest[]): Row {
  const { port1, port2 } = new MessageChannel()
  const meter = createMeter()
  for (const request of requests) {
    meter.time('there and back', () => {
      port1.postMessage({ id: 1, ask: { do: 'submit', request } })
      receiveMessageOnPort(port2)
      port2.postMessage({
        say: 'answer',
        id: 1,
        value: { index: 1, timeMs: 1, outcome: { ok: true } },
      })
      receiveMessageOnPort(port1)
    })
  }
  port1.close()
  return { piece: 'messages between the threads (both)', µs: short(usOf(meter, 'there and back')) }
}

/** The sequencer over its real store, with groups of eight and of one. */
async function measureEngine(
  paths: StoredPaths & DataPaths,
  requests: readonly CallRequest[],
): Promise<readonly Row[]> {
  const meter = createMeter()
  timeTrie(meter)
  const { ports, close } = await openPorts(paths, meter)
  const sequencer = Sequencer.open(ports)
  const half = requests.length / 2
  const eight = await measureGroups(sequencer, { meter, calls: requests.slice(0, half), size: 8 })
  const one = await measureGroups(sequencer, { meter, calls: requests.slice(half), size: 1 })
  await sequencer.close()
  close()
  return [...enginePieces, 'in all, by medians', 'in all, CPU', 'in all, wall'].map((piece) => ({
    piece,
    'eight calls': short(eight.get(piece) ?? 0),
    'one call': short(one.get(piece) ?? 0),
  }))
}

type Grouping = {
  readonly meter: Meter
  readonly calls: readonly CallRequest[]
  readonly size: number
}

async function measureGroups(
  sequencer: Sequencer,
  { meter, calls, size }: Grouping,
): Promise<ReadonlyMap<string, number>> {
  const [warm, measured] = [calls.slice(0, warmUp / 2), calls.slice(warmUp / 2)]
  for (let at = 0; at < warm.length; at += size)
    await submitAll(sequencer, warm.slice(at, at + size))
  meter.reset()
  const [startMs, startCpu] = [performance.now(), process.threadCpuUsage()]
  for (let at = 0; at < measured.length; at += size) {
    const group = measured.slice(at, at + size)
    await meter.timeAsync('body, effects, leaf, tree, queue', () => submitAll(sequencer, group))
  }
  const wallUs = (performance.now() - startMs) * 1000
  const { user, system } = process.threadCpuUsage(startCpu)
  const found = new Map<string, number>()
  for (const [name, { times, medianUs }] of meter.pieces()) {
    const piece = name.split('/', 1)[0] ?? name
    found.set(piece, (found.get(piece) ?? 0) + (medianUs * times) / measured.length)
  }
  found.set(
    'in all, by medians',
    [...found.values()].reduce((sum, us) => sum + us, 0),
  )
  found.set('in all, CPU', (user + system) / measured.length)
  found.set('in all, wall', wallUs / measured.length)
  return found
}

async function submitAll(sequencer: Sequencer, calls: readonly CallRequest[]): Promise<void> {
  const answers = await Promise.all(calls.map((call) => sequencer.submit(call)))
  if (!answers.every(({ outcome }) => outcome.ok)) throw new Error('The rules refused a publish')
}

/** The trie is made inside the sequencer, so its methods are timed where they are defined. */
function timeTrie(meter: Meter): void {
  for (const name of ['begin', 'apply', 'root', 'commit'] as const) {
    const method: (...args: never[]) => unknown = Trie.prototype[name]
    Object.defineProperty(Trie.prototype, name, {
      value(this: Trie, ...args: never[]) {
        return meter.time(`trie/${name}`, () => method.apply(this, args))
      },
    })
  }
}

async function openPorts(
  paths: StoredPaths & DataPaths,
  meter: Meter,
): Promise<{ readonly ports: LogPorts; readonly close: () => void }> {
  const db = openDatabase(paths.log, logSchema)
  const exec = db.exec.bind(db)
  db.exec = (sql) => (sql === 'COMMIT' ? meter.time('commit', () => exec(sql)) : exec(sql))
  const { plan, ...projection } = registryProjection
  const home = createViewHome(db)
  const views = bindProjection(
    { ...projection, plan: meter.timed('plan of the views', plan) },
    { ...home, apply: meter.timed('rows of the views', home.apply) },
  )
  const store = createLogStore(db, paths.blobs, (entries) => {
    for (const entry of entries) views.apply(entry, store.blobs.read, () => undefined)
  })
  const origin = parseCheckpoint(parseNote(store.head()?.checkpoint ?? '').text).origin
  const signer = createEd25519Signer(origin, await loadKey(paths.keys, 'log', { make: false }))
  const clock = createCosigner(
    `${origin}/clock`,
    await loadKey(paths.keys, 'clock', { make: false }),
  )
  const blobs = store.blobs.read
  const ports: LogPorts = {
    store: {
      ...store,
      get: meter.timed('state reads', store.get),
      list: meter.timed('state reads', store.list),
      commit: meter.timed('rows of the log', store.commit),
    },
    createExecutor: ({ script, limits }) => {
      const text = Buffer.from(blobs(script) ?? []).toString()
      const host = createScriptHost({
        script: text,
        limits,
        memory: 'fresh',
        print: () => undefined,
        blobs,
      })
      return { init: host.init, call: meter.timed('script', host.call) }
    },
    signers: [{ ...signer, sign: meter.timed('signatures', signer.sign) }],
    clock: { ...clock, sign: meter.timed('signatures', clock.sign) },
    nowMs: Date.now,
    random: meter.timed('random', (sizeBytes) => randomBytes(sizeBytes)),
    breathe: () => nextTurn(),
    report: () => undefined,
  }
  return { ports, close: () => db.close() }
}

/** A server under load from eight clients, profiled in all of its threads. */
async function profileServer() {
  const dir = join(folder.path, 'profile')
  mkdirSync(dir)
  const nodeFlags = ['--cpu-prof', '--cpu-prof-dir', dir, '--cpu-prof-interval', '250']
  const registry = await startRegistry('stele', { dir: folder.path, nodeFlags })
  const run = async (prefix: string): Promise<readonly [number, number]> => {
    const work = { kind: 'publish', token: folder.token, releases: releases(prefix) } as const
    const job = await prepareJob({ url: registry.url, clients: 8, work })
    const start = monotonicUs()
    await job.run()
    return [start, monotonicUs()]
  }
  await run('warm')
  const before = cpuMs(registry.pid)
  const window = await run('profiled')
  const cost = ((cpuMs(registry.pid) - before) * 1000) / (count + warmUp)
  await registry.stop()
  const threads = readProfiles(dir, window)
  const names = threads.length < 2 ? ['server'] : threads.map(nameOf)
  return {
    tables: threads.map((thread, at) => ({
      caption: `Profile of a running server: ${names[at]}, µs of wall time for one publish`,
      rows: topRows(thread, 16),
    })),
    remark: `The profiled server took ${Math.round(cost)} µs of CPU for a publish, profiling included.`,
  }
}

function nameOf({ byPackage }: ThreadCost): string {
  if (byPackage.has('QuickJS')) return "the engine's thread"
  return byPackage.has('storage > fsyncSync') ? "the public folder's thread" : 'the main thread'
}

function topRows({ totalUs, byPackage }: ThreadCost, limit: number): readonly Row[] {
  const publishes = count + warmUp
  const sorted = [...byPackage].toSorted(([, one], [, other]) => other - one)
  const rows = sorted.slice(0, limit).map(([owner, us]) => ({ owner, µs: short(us / publishes) }))
  const rest = sorted.slice(limit).reduce((sum, [, us]) => sum + us, 0)
  return [
    ...rows,
    { owner: 'others', µs: short(rest / publishes) },
    { owner: 'in all', µs: short(totalUs / publishes) },
  ]
}

function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

function usOf(meter: Meter, name: string): number {
  const piece = meter.pieces().get(name)
  return piece?.medianUs ?? Number.NaN
}
