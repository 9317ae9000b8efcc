// Scanners while everything changes: packages come, are edited, half written and removed, a reader asks all the time, and the
// server is killed. Whatever is answered is whole, and is what the log says.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { readTarball } from '../packages/tarball/src/index.ts'
import { killGroup, spawnOwn, waitForLine } from './processes.ts'
import { memberOf } from './registry-client.ts'
import { roundsOf } from './rounds.ts'
import { askJson, putFiles, tree, untilAnswer } from './scanned-folder.ts'
import { assertVerifies, mainFile, readCheckpoint } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

const packages = roundsOf({ modest: 60, full: 1000 })
const lifeMs = roundsOf({ modest: 6_000, full: 30_000 })
const lives = 3
const readers = 4
/** Every tenth is a release. */
const isRelease = (at: number): boolean => at % 10 === 0

type Written = { readonly name: string; readonly version: string; readonly folder: string }
type Server = { readonly url: string; readonly kill: () => Promise<void> }

/** What the readers were given. */
type Read = {
  readonly integrities: Set<string>
  readonly statuses: Map<number, number>
  files: number
  slowestMs: number
}

async function start(dir: string, folder: string): Promise<Server> {
  const flags = [
    '--jsregistry-directoryscanner-folder',
    folder,
    '--jsregistry-directoryscanner-build-distribution-files',
    'true',
    '--jsregistry-directoryscanner-refresh-period',
    '1s',
  ]
  const args = [mainFile, 'serve', '--dir', dir, '--port', '0', '--log-level', 'info', ...flags]
  const env = { PATH: process.env['PATH'], HOME: dir }
  const child = spawnOwn(process.execPath, args, { cwd: dir, env })
  const ended = once(child, 'exit')
  child.stdout.resume()
  const listening = waitForLine(child, /"event":"listening"/, 30_000)
  listening.catch(() => killGroup(child))
  const { url } = JSON.parse(await listening)
  child.stderr.resume()
  return {
    url,
    kill: async () => {
      killGroup(child)
      await ended
    },
  }
}

/** A file that says itself whether it is whole. */
function textOf({ name, version }: Written, generation: number, file: string): string {
  const size = (generation * 7919) % 5000
  return `${name}@${version} ${generation} ${file}\n${'x'.repeat(size)}\nend ${generation}\n`
}

const wholeForm = /^(\S+) (\d+) (\S+)\nx*\nend \2\n$/

async function write(one: Written, generation: number): Promise<void> {
  const { name, version, folder } = one
  await putFiles(folder, {
    'package.json': JSON.stringify({ name, version, generation }),
    'a.js': textOf(one, generation, 'a.js'),
    'lib/b.js': textOf(one, generation, 'lib/b.js'),
  })
}

/** In two goes, as a copy over a slow network. */
async function writeHalves(one: Written, generation: number): Promise<void> {
  const packageJson = JSON.stringify({ name: one.name, version: one.version, generation })
  const parts = [
    ['package.json', packageJson],
    ['a.js', textOf(one, generation, 'a.js')],
    ['lib/b.js', textOf(one, generation, 'lib/b.js')],
  ] as const
  for (const [path, text] of parts) {
    await putFiles(one.folder, { [path]: text.slice(0, text.length / 2) })
    await sleep(Math.random() * 200)
    await appendFile(join(one.folder, path), text.slice(text.length / 2))
  }
}

/** Changes what there is until it is told to stop. Releases are edited too, and put back. */
async function change(
  all: readonly Written[],
  generations: number[],
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const at = Math.floor(Math.random() * all.length)
    const one = all[at] ?? assert.fail()
    const generation = generations[at] ?? 0
    if (isRelease(at)) {
      await writeFile(join(one.folder, 'a.js'), 'not what it was')
      await sleep(50)
      await write(one, 1)
    } else if (Math.random() < 0.15) {
      await rm(one.folder, { recursive: true, force: true })
      generations[at] = generation + 1
      await sleep(20)
      await write(one, generation + 1)
    } else {
      generations[at] = generation + 1
      await (Math.random() < 0.3 ? writeHalves : write)(one, generation + 1)
    }
    await sleep(5)
  }
}

async function readOne(url: string, at: number, one: Written, read: Read): Promise<void> {
  const place = `${url}${tree}/${one.name}/${one.version}`
  const startMs = performance.now()
  const file = Math.random() < 0.5 ? 'a.js' : 'lib/b.js'
  const response = await fetch(`${place}/${file}`, { headers: { 'accept-encoding': 'identity' } })
  const text = await response.text()
  read.slowestMs = Math.max(read.slowestMs, performance.now() - startMs)
  read.statuses.set(response.status, (read.statuses.get(response.status) ?? 0) + 1)
  if (response.status !== 200) {
    assert.ok([404, 409, 503].includes(response.status), `${response.status}: ${text}`)
    return
  }
  const [, spec, generation, path] = wholeForm.exec(text) ?? assert.fail(`Not whole: ${text}`)
  assert.deepEqual([spec, path], [`${one.name}@${one.version}`, file])
  if (isRelease(at)) assert.equal(generation, '1')
  assert.equal(response.headers.get('etag'), `"${hash('sha256', text, 'hex')}"`)
  read.files += 1
  await readTarballOf(place, one, read)
}

/** All of a tarball is of one writing. */
async function readTarballOf(place: string, one: Written, read: Read): Promise<void> {
  const { status, json } = await askJson(place, { 'npm-command': 'install' })
  const dist = memberOf(json, 'dist')
  if (status !== 200 || dist === undefined) return
  const response = await fetch(String(memberOf(dist, 'tarball')))
  if (response.status !== 200) return
  const bytes = await response.bytes()
  const integrity = `sha512-${hash('sha512', bytes, 'base64')}`
  assert.equal(response.headers.get('etag'), `"${integrity}"`)
  read.integrities.add(integrity)
  const { files, packageJson } = readTarball(bytes)
  const { generation } = JSON.parse(Buffer.from(packageJson).toString())
  for (const { path, content } of files) {
    if (path === 'package.json') continue
    assert.equal(Buffer.from(content).toString(), textOf(one, generation, path))
  }
}

/** Reads until the server is gone. */
async function readAll(
  url: string,
  all: readonly Written[],
  read: Read,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const at = Math.floor(Math.random() * all.length)
    const one = all[at] ?? assert.fail()
    try {
      await readOne(url, at, one, read)
    } catch (error) {
      if (error instanceof TypeError) return // The connection broke: it was killed.
      throw error
    }
  }
}

/** What all calls say, as their bodies stand in the log. */
async function readBodies(url: string): Promise<string> {
  const { size } = await readCheckpoint(url)
  const texts: string[] = []
  for (let bundle = 0; bundle * 256 < size; bundle++) {
    const width = Math.min(256, size - bundle * 256)
    const index = String(bundle).padStart(3, '0')
    const part = width === 256 ? index : `${index}.p/${width}`
    const response = await fetch(`${url}/-/log/body/${part}`)
    assert.equal(response.status, 200)
    texts.push(Buffer.from(await response.bytes()).toString('latin1'))
  }
  return texts.join('\n')
}

test(`${packages} packages change, and whatever is answered is whole and in the log, through ${lives} kills`, async (t) => {
  await using folder = await makeFolder('scanner-change')
  await using data = await makeFolder('scanner-change-data')
  const all = Array.from({ length: packages }, (_, at): Written => {
    const version = isRelease(at) ? '1.0.0' : '1.0.0-SNAPSHOT'
    return { name: `p${at}`, version, folder: join(folder.path, `group${at % 7}`, `p${at}`) }
  })
  const generations = all.map(() => 1)
  for (const one of all) await write(one, 1)
  const read: Read = { integrities: new Set(), statuses: new Map(), files: 0, slowestMs: 0 }
  await using servers = new AsyncDisposableStack()
  for (let life = 0; life < lives; life++) {
    const server = await start(data.path, folder.path)
    servers.defer(server.kill)
    if (life === 0) {
      const count = async (): Promise<number> =>
        Object.keys(Object((await askJson(server.url + tree)).json)).length
      await untilAnswer('all packages', count, (found) => found === packages)
    }
    const stop = new AbortController()
    const changing = change(all, generations, stop.signal)
    const reading = Promise.all(
      Array.from({ length: readers }, () => readAll(server.url, all, read, stop.signal)),
    )
    await Promise.race([sleep(lifeMs), reading])
    await server.kill()
    stop.abort()
    await Promise.all([changing, reading])
  }
  const server = await start(data.path, folder.path)
  servers.defer(server.kill)
  for (const [at, one] of all.entries()) {
    const address = `${server.url}${tree}/${one.name}/${one.version}/lib/b.js`
    const wanted = await readFile(join(one.folder, 'lib/b.js'), 'utf8')
    const ask = async (): Promise<string> => (await fetch(address)).text()
    await untilAnswer(
      `generation ${generations[at]} of ${one.name}`,
      ask,
      (text) => text === wanted,
    )
  }
  const bodies = await readBodies(server.url)
  assert.ok(read.integrities.size > 10, `Only ${read.integrities.size} tarballs were read`)
  for (const integrity of read.integrities) assert.ok(bodies.includes(integrity), integrity)
  await assertVerifies(server.url)
  const { size } = await readCheckpoint(server.url)
  t.diagnostic(
    `${read.files} files and ${read.integrities.size} different tarballs read, ${size} entries; answers ${JSON.stringify([...read.statuses])}; slowest ${Math.round(read.slowestMs)} ms`,
  )
})
