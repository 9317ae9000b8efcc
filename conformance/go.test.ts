// The log, audited by a program that we wrote no part of but its main file: Go's checksum database (spec/log.md, "Independent checkers").
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { installMissing } from './debian-packages.ts'
import { type Finished, runProgram } from './processes.ts'
import { startProxy } from './recording-proxy.ts'
import { makeUpload, publish, type RegistryClient, signUp } from './registry-client.ts'
import { assertNoTrouble, readCheckpoint, type Server, startServer } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const goPath = '/usr/share/gocode'
const buildTimeoutMs = 3 * 60 * 1000
/** Around the edges of tiles: 256 entries fill one. */
const sizes = [1, 2, 3, 100, 255, 256, 257, 511, 512, 513, 640]
const finalSize = 700
const writers = 8

let server: Server
let folder: Folder
let checkpoints: readonly string[]

before(async () => {
  await installMissing([
    { file: 'go', package: 'golang-go' },
    { file: `${goPath}/src/golang.org/x/mod/sumdb/tlog`, package: 'golang-golang-x-mod-dev' },
  ])
  folder = await makeFolder('go')
  const source = fileURLToPath(new URL('go/main.go', import.meta.url))
  const built = await runProgram('go', ['build', '-o', join(folder.path, 'audit'), source], {
    cwd: folder.path,
    timeoutMs: buildTimeoutMs,
    env: {
      PATH: process.env['PATH'],
      HOME: folder.path,
      GOCACHE: join(folder.path, 'cache'),
      GO111MODULE: 'off',
      GOPATH: goPath,
      CGO_ENABLED: '0',
    },
  })
  assert.equal(built.code, 0, built.shown)
  server = await startServer()
  checkpoints = await growLog()
})
after(async () => {
  await server?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

test('the Go program verifies every entry, and all checkpoints from the first to the newest', async () => {
  const { size } = await readCheckpoint(server.url)
  assert.ok(size >= finalSize)
  const { code, shown } = await audit(server.url, checkpoints)
  assert.equal(code, 0, shown)
  assert.equal(shown, `verified ${size} entries, ${checkpoints.length + 1} checkpoints\n`)
  assertNoTrouble(server.lines)
})

const falsified: readonly (readonly [what: string, path: RegExp])[] = [
  ['the key', /\/key$/],
  ['the checkpoint', /\/checkpoint$/],
  ['a full tile', /\/tile\/0\/001$/],
  ['a partial tile', /\/tile\/0\/002\.p\/\d+$/],
  ['the tile above', /\/tile\/1\/000\.p\/2$/],
  ['a bundle of entries', /\/tile\/entries\/001$/],
]

for (const [what, path] of falsified) {
  test(`the Go program refuses a log when one bit of ${what} is another`, async () => {
    let flipped = 0
    await using proxy = await startProxy(server.url, {
      alter: (asked, body) => {
        if (!path.test(asked)) return body
        flipped += 1
        const copy = Buffer.from(body)
        const place = Math.floor(body.length / 3) // In the log's own key and signature, which come first.
        copy[place] = (copy[place] ?? 0) ^ 1
        return copy
      },
    })
    const { code, shown } = await audit(proxy.url, checkpoints)
    assert.ok(flipped > 0, `It never asked for ${what}`)
    assert.equal(code, 1, shown)
  })
}

test('the Go program refuses a checkpoint of another log', async () => {
  await using other = await startServer()
  const { code, shown } = await audit(server.url, [await saveCheckpoint(other.url, 'other')])
  assert.equal(code, 1, shown)
  assert.match(shown, /checkpoint in .*other: note has no verifiable signatures/)
})

test('the Go program refuses a log that has shrunk', async () => {
  const [, , , older = ''] = checkpoints
  const text = await readFile(older)
  await using proxy = await startProxy(server.url, {
    alter: (asked, body) => (asked.endsWith('/checkpoint') ? text : body),
  })
  const { code, shown } = await audit(proxy.url, checkpoints)
  assert.equal(code, 1, shown)
  assert.match(shown, /sizes 640 and 100/)
})

/** Appends entry by entry, saving the checkpoint at each of the sizes, then many at once. */
async function growLog(): Promise<readonly string[]> {
  const saved: string[] = []
  const client = await appendUpTo3(saved)
  for (let size = 3; size <= Math.max(...sizes); size++) {
    if (sizes.includes(size)) saved.push(await saveCheckpoint(server.url, `size-${size}`, size))
    await setTag(client, `tag-${size}`)
  }
  const rest = Array.from({ length: finalSize - Math.max(...sizes) }, (_, index) => `more-${index}`)
  while (rest.length > 0) {
    await Promise.all(rest.splice(0, writers).map((tag) => setTag(client, tag)))
  }
  return saved
}

/** The first entries are of other kinds: the log's start, an account, a release. */
async function appendUpTo3(saved: string[]): Promise<RegistryClient> {
  saved.push(await saveCheckpoint(server.url, 'size-1', 1))
  const client = await signUp(server.url, 'alice')
  saved.push(await saveCheckpoint(server.url, 'size-2', 2))
  const { status } = await publish(client, makeUpload({ name: 'left', version: '1.0.0' }))
  assert.equal(status, 201)
  return client
}

async function setTag(client: RegistryClient, tag: string): Promise<void> {
  const { status, json } = await client.send('PUT', `/-/package/left/dist-tags/${tag}`, '1.0.0')
  assert.equal(status, 201, JSON.stringify(json))
}

async function saveCheckpoint(url: string, name: string, wantedSize?: number): Promise<string> {
  const response = await fetch(`${url}/-/log/checkpoint`)
  const text = await response.text()
  if (wantedSize !== undefined) assert.equal(text.split('\n')[1], String(wantedSize))
  const file = join(folder.path, name)
  await writeFile(file, text)
  return file
}

function audit(registry: string, files: readonly string[]): Promise<Finished> {
  return runProgram(join(folder.path, 'audit'), [`${registry}/-/log`, ...files], {
    cwd: folder.path,
    env: {},
  })
}
