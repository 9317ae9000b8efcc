// Kills the server at random moments under load, again and again (rounds.ts), and looks whether it kept its word:
// it starts by itself, no acknowledged change is missing, what it showed of its upstream is what it shows, nothing that
// was half fetched lies about, and the whole history verifies.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { killGroup, runProgram, spawnOwn } from './processes.ts'
import { roundsOf } from './rounds.ts'
import { publishDocument } from './sample-package.ts'
import { mainFile } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'
import { countHalfFetched, startUpstreamLoad, type UpstreamLoad } from './upstream-load.ts'

const kills = roundsOf({ modest: 40, full: 200 })
const killsPerFolder = 20
const clients = 4
const startTimeoutMs = 30_000
const longestLifeMs = 300
const linesShown = 20
const password = 'a password for tests'

/** What the server acknowledged: package to version to tarball digest, and package to the tag `mark`. */
type Acknowledged = {
  readonly published: Map<string, Map<string, string>>
  readonly marks: Map<string, string>
  token: string | undefined
  count: number
}

for (let round = 0; round * killsPerFolder < kills; round++) {
  const count = Math.min(killsPerFolder, kills - round * killsPerFolder)
  test(`the server keeps its word through ${count} kills, folder ${round + 1}`, async () => {
    await using folder = await makeFolder('crash')
    await using proxied = await startUpstreamLoad()
    let halfFetched = 0
    const done: Acknowledged = {
      published: new Map(),
      marks: new Map(),
      token: undefined,
      count: 0,
    }
    for (let kill = 0; kill < count; kill++) {
      await liveAndDie(folder, { done, proxied }, kill)
      halfFetched += countHalfFetched(folder.path)
      await proxied.change(folder.path, kill)
      const server = await start(folder, proxied)
      assert.ok(server !== undefined, `It did not start after kill ${kill}`)
      try {
        assert.equal(countHalfFetched(folder.path), 0)
        await checkAcknowledged(server.url, done)
        await proxied.check(server.url)
        await verify(folder, server.url)
      } catch (error) {
        throw new Error(`After kill ${kill}: ${String(error)}\n${server.said()}`, { cause: error })
      } finally {
        await server.end('SIGKILL')
      }
    }
    assert.ok(
      done.count > count && proxied.count() > count && halfFetched > 0,
      `Only ${done.count} changes were acknowledged, ${proxied.count()} versions shown, ${halfFetched} left half fetched: the load was too small`,
    )
  })
}

type Running = {
  readonly url: string
  /** What it logged last. */
  readonly said: () => string
  readonly end: (signal: NodeJS.Signals) => Promise<void>
}

/** Starts a server; undefined when it ended or was ended before it listened. `onSpawn` gets its killer at once. */
async function start(
  folder: Folder,
  { flags }: Pick<UpstreamLoad, 'flags'>,
  onSpawn: (kill: () => void) => void = () => undefined,
): Promise<Running | undefined> {
  const args = [mainFile, 'serve', '--dir', folder.path, '--port', '0', ...flags]
  const env = { PATH: process.env['PATH'], HOME: folder.path }
  const child = spawnOwn(process.execPath, args, { cwd: folder.path, env })
  const ended = once(child, 'exit')
  onSpawn(() => killGroup(child))
  child.stdout.resume()
  const said: string[] = []
  const lines = createInterface({ input: child.stderr })
  lines.on('line', (line) => {
    said.push(line)
    if (said.length > linesShown) said.shift()
  })
  const url = await Promise.race([
    new Promise<string>((resolve) => {
      lines.on('line', (line) => {
        const { event, url: found } = JSON.parse(line)
        assert.notEqual(event, 'read_only', line)
        if (event === 'listening') resolve(found)
      })
    }),
    ended.then(() => undefined),
    sleep(startTimeoutMs, undefined, { ref: false }),
  ])
  if (url === undefined) {
    killGroup(child)
    return undefined
  }
  return {
    url,
    said: () => said.join('\n'),
    end: async (signal) => {
      child.kill(signal)
      await ended
    },
  }
}

/** Who publishes, and who installs from the upstream. */
type Load = { readonly done: Acknowledged; readonly proxied: UpstreamLoad }

/** One life under load; the kill comes at any moment, also before the server listens. */
async function liveAndDie(folder: Folder, { done, proxied }: Load, life: number): Promise<void> {
  const lifeMs = Math.random() * longestLifeMs
  const early = life % 10 === 9 // One in ten dies while it starts.
  let killEarly: NodeJS.Timeout | undefined
  const server = await start(folder, proxied, (kill) => {
    if (early) killEarly = setTimeout(kill, lifeMs)
  })
  if (server === undefined) return
  clearTimeout(killEarly)
  done.token ??= await signUp(server.url)
  const before = done.count
  const load = Promise.all([
    proxied.run(server.url, life),
    ...Array.from({ length: clients }, (_, client) =>
      loadUntilDead(server.url, done, `${life}-${client}`),
    ),
  ])
  load.catch(() => undefined) // It is awaited below.
  const startMs = performance.now()
  while (done.count === before && performance.now() - startMs < startTimeoutMs) await sleep(5)
  await sleep(lifeMs) // From the first acknowledged change on, at any moment.
  await server.end('SIGKILL')
  await load
}

async function signUp(url: string): Promise<string> {
  const response = await fetch(`${url}/-/user/org.couchdb.user:alice`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'alice',
      password,
      email: 'alice@example.com',
      type: 'user',
      roles: [],
    }),
  })
  assert.equal(response.status, 201)
  const { token } = (await response.json()) as { token: string }
  return token
}

/** Publishes packages and moves tags until the connection breaks; notes what was acknowledged, and only that. */
async function loadUntilDead(url: string, done: Acknowledged, id: string): Promise<void> {
  for (let number = 0; ; number++) {
    const name = `crash-${id}-${Math.floor(number / 3)}`
    const version = `1.0.${number % 3}`
    const document = publishDocument(name, version)
    if ((await put(url, done, `/${name}`, document)) !== 201) return
    note(done, name, version, integrityOf(document, version))
    if ((await put(url, done, `/-/package/${name}/dist-tags/mark`, version)) === undefined) {
      done.marks.delete(name) // The kill came first: either tag may stand now.
      return
    }
    done.marks.set(name, version)
    done.count++
  }
}

function note(done: Acknowledged, name: string, version: string, integrity: string): void {
  const versions = done.published.get(name) ?? new Map<string, string>()
  done.published.set(name, versions.set(version, integrity))
  done.count++
}

function integrityOf(document: ReturnType<typeof publishDocument>, version: string): string {
  const versions = document['versions'] as { [version: string]: { dist: { integrity: string } } }
  return versions[version]?.dist.integrity ?? ''
}

async function put(
  url: string,
  { token }: Acknowledged,
  path: string,
  body: unknown,
): Promise<number | undefined> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  try {
    const response = await fetch(url + path, { method: 'PUT', headers, body: JSON.stringify(body) })
    await response.arrayBuffer()
    return response.status
  } catch {
    return undefined // The server is gone. What it did with this request is its own affair.
  }
}

async function checkAcknowledged(url: string, { published, marks }: Acknowledged): Promise<void> {
  for (const [name, versions] of published) {
    const response = await fetch(`${url}/${name}`)
    assert.equal(response.status, 200, `The acknowledged package ${name} is gone`)
    const packument = (await response.json()) as Packument
    for (const [version, integrity] of versions) {
      assert.equal(packument.versions[version]?.dist.integrity, integrity, `${name}@${version}`)
    }
    if (marks.has(name))
      assert.equal(packument['dist-tags']['mark'], marks.get(name), `mark of ${name}`)
  }
  const [name] = [...published.keys()].slice(-1)
  if (name !== undefined) await checkTarballs(url, name, published.get(name) ?? new Map())
}

type Packument = {
  readonly versions: {
    readonly [version: string]: { readonly dist: { integrity: string; tarball: string } }
  }
  readonly 'dist-tags': { readonly [tag: string]: string }
}

async function checkTarballs(
  url: string,
  name: string,
  versions: Map<string, string>,
): Promise<void> {
  for (const [version, integrity] of versions) {
    const response = await fetch(`${url}/${name}/-/${name}-${version}.tgz`)
    const bytes = Buffer.from(await response.arrayBuffer())
    assert.equal(
      `sha512-${hash('sha512', bytes, 'base64')}`,
      integrity,
      `tarball of ${name}@${version}`,
    )
  }
}

async function verify(folder: Folder, url: string): Promise<void> {
  const { code, shown } = await runProgram(process.execPath, [mainFile, 'verify', url, '--json'], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], HOME: folder.path },
  })
  assert.equal(code, 0, shown)
}
