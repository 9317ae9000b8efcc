// "stele clone" as a process: of a service that runs, of a clone on any web server, killed and run again, and after a takedown.
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { createNotesExecutor, LogBuilder } from '../packages/testkit/src/index.ts'
import { type Finished, killGroup, runProgram, spawnOwn } from './processes.ts'
import { mainFile } from './server.ts'
import { makeFolder } from './temporary-folder.ts'
import { connectForeign, startVm } from './vm-server.ts'

const script = `
exports.init = async () => { await System.files.mkdir('/packages') }
exports.publish = (name, data) => System.files.writeFile('/packages/' + name, data, 'base64')
`

test('stele clone fetches a service back byte for byte, also from a clone on any web server', async () => {
  await using folder = await makeFolder('clone')
  const server = await startVm({ folder: folder.path, script })
  const bytes = Buffer.from(Array.from({ length: 30_000 }, (_, at) => (at * 7) % 256))
  {
    using client = await connectForeign(server.address, 'alice')
    await client.call('publish', ['foo.js.1.0.0', Buffer.from('Hello\n').toString('base64')])
    await client.call('publish', ['bytes', bytes.toString('base64')])
  }
  const first = await stele(folder.path, 'clone', server.address, 'first')
  assert.equal(first.code, 0, first.shown)
  assert.match(
    first.stdout,
    /^Cloned localhost\/.* to .*first\n {2}Call log: 3 entries, 3 of them new\n/,
  )
  await server.stop()
  assert.equal(
    await readFile(join(folder.path, 'first/files/packages/foo.js.1.0.0'), 'utf8'),
    'Hello\n',
  )
  assert.deepEqual(await readFile(join(folder.path, 'first/files/packages/bytes')), bytes)
  await using statics = await serveFiles((path) => readFile(join(folder.path, 'first', path)))
  const second = await stele(folder.path, 'clone', statics.url, 'second')
  assert.equal(second.code, 0, second.shown)
  assert.deepEqual(await readFile(join(folder.path, 'second/files/packages/bytes')), bytes)
  const verified = await stele(folder.path, 'vm', 'verify', 'second')
  assert.equal(verified.code, 0, verified.shown)
  assert.match(
    verified.stdout,
    /^Call log: verified, 3 entries.*\nFiles: verified, 4 files and folders/,
  )
})

test('stele clone goes on after kill -9 at any moment, and what is there verifies or says that it is not done', async () => {
  await using folder = await makeFolder('clone-kill')
  await using server = await startVm({ folder: folder.path, script })
  using client = await connectForeign(server.address)
  const publish = async (round: number): Promise<void> => {
    const data = Buffer.from(`${round} `.repeat(9000)).toString('base64') // A blob each.
    await Promise.all(
      Array.from({ length: 200 }, (_, at) => client.call('publish', [`file-${at}`, data])),
    )
  }
  let kills = 0
  for (let round = 0; round < 5; round++) {
    await publish(round)
    if (await cloneAndKill(folder.path, server.address, round * 40)) kills++
    const { code, shown } = await stele(folder.path, 'vm', 'verify', 'copy')
    // 2: there is no checkpoint yet, 4: its files are being written.
    assert.ok(code === 0 || code === 4 || code === 2, shown)
  }
  assert.ok(kills > 1, `${kills} kills`)
  const last = await stele(folder.path, 'clone', server.address, 'copy')
  assert.equal(last.code, 0, last.shown)
  const { code, shown } = await stele(folder.path, 'vm', 'verify', 'copy')
  assert.equal(code, 0, shown)
})

test('stele clone takes away what was taken down since', async () => {
  await using folder = await makeFolder('clone-takedown')
  const log = new LogBuilder({ origin: 'service.example', createExecutor: withoutMemory })
  const secret = 'secret '.repeat(5000)
  log.call('alice', 'put', [['/', 'kept', 'kept']])
  const named = log.call('alice', 'put', [['/', 'long', secret]])
  log.call('alice', 'put', [['/', 'long', null]])
  let files = log.files()
  await using web = await serveFiles(async (path) => {
    const bytes = files.get(path)
    if (bytes === undefined) throw new Error('absent')
    return bytes
  })
  const clone = (): Promise<Finished> => stele(folder.path, 'clone', web.url, 'copy')
  assert.equal((await clone()).code, 0)
  assert.ok((await filesWith(join(folder.path, 'copy'), 'secret secret')).length >= 2)
  const blob = [...log.blobs].find(([, bytes]) => bytes.toString() === secret)?.[0] ?? ''
  log.takedown([{ entry: named, part: 'body' }, { entry: named, part: 'values' }, { blob }])
  files = log.files()
  const after = await clone()
  assert.equal(after.code, 0, after.shown)
  assert.deepEqual(await filesWith(join(folder.path, 'copy'), 'secret secret'), [])
})

/** Without the digest of a memory, which this log's engine does not keep. */
function withoutMemory(
  options: Parameters<typeof createNotesExecutor>[0],
): Omit<ReturnType<typeof createNotesExecutor>, 'memoryDigest'> {
  const { init, call } = createNotesExecutor(options)
  return { init, call }
}

function stele(cwd: string, ...args: readonly string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'], HOME: cwd }
  return runProgram(process.execPath, [mainFile, ...args], { cwd, env })
}

/** Kills it some milliseconds after it knows how much there is to do. Says whether it was still running. */
async function cloneAndKill(cwd: string, address: string, afterMs: number): Promise<boolean> {
  const env = { PATH: process.env['PATH'], HOME: cwd }
  const child = spawnOwn(process.execPath, [mainFile, 'clone', address, 'copy'], { cwd, env })
  return await new Promise((resolve) => {
    child.once('exit', (_code, signal) => resolve(signal === 'SIGKILL'))
    child.stderr.on('data', (text: Buffer) => {
      if (text.includes('Downloading')) setTimeout(() => killGroup(child), afterMs)
    })
  })
}

async function filesWith(root: string, text: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const one of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(one.parentPath, one.name)
    if (one.isFile() && (await readFile(path)).includes(text)) found.push(path)
  }
  return found
}

/** A web server that knows files alone. */
async function serveFiles(
  read: (path: string) => Promise<Uint8Array>,
): Promise<AsyncDisposable & { readonly url: string }> {
  const web = createServer((request, response) => {
    read(new URL(request.url ?? '/', 'http://x').pathname).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- It listens on a port.
  const { port } = web.address() as AddressInfo
  return {
    url: `http://localhost:${port}`,
    async [Symbol.asyncDispose]() {
      web.closeAllConnections()
      await new Promise((resolve) => web.close(resolve))
    },
  }
}
