// A walk through mnpm's page: curl makes its calls as they are printed there, and its client installs what was put.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createNpm } from './npm-client.ts'
import { type Finished, runProgram } from './processes.ts'
import { makeUpload, publish, signUp } from './registry-client.ts'
import { moduleDocument } from './sample-package.ts'
import { assertVerifies, repository, type Server, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

const mnpmFile = join(repository, 'packages/stele/bin/mnpm.cjs')

test("mnpm's page works as it is printed, at a port of its own: no account, no mirror, no setting", async () => {
  await using folder = await makeFolder('mnpm-walk')
  await using server = await startServer({ flags: ['--mnpm-port', '0'] })
  const root = portOf(server)
  const { status, get, put } = curlAt(root, folder.path)

  const leftPad = moduleDocument('left-pad', '1.0.0', {})
  assert.equal(await put('/module', leftPad), 201)
  assert.equal(await put('/module', leftPad), 409, 'Errors on an existing module-version')
  for (const version of ['0.0.0', '0.0.1']) {
    assert.equal(await put('/module', moduleDocument('mirrored', version)), 201)
  }
  assert.deepEqual(await get('/dependencies?name=mirrored&version=0.0.1'), {
    dependencies: [{ name: 'left-pad', version: '^1.0.0' }],
  })
  assert.deepEqual(await get('/versions?name=mirrored'), { versions: ['0.0.0', '0.0.1'] })
  const { checksum } = await get('/checksum?name=left-pad&version=1.0.0')
  const tarball = Buffer.from(String(leftPad['tarball']), 'base64')
  assert.equal(checksum, hash('sha512', tarball))
  assert.deepEqual(await get('/mirrors'), { mirrors: [root] }, 'The port is a mirror itself')
  assert.match(await curl(folder.path, `${root}/mirrored`), /"\/mirrored\/mirrored-v0\.0\.1\.tgz"/)
  assert.equal(await status('/left-pad/left-pad-v1.0.0.tgz'), 200)
  for (const path of ['/nothing', '/left-pad/left-pad-v9.0.0.tgz', '/left-pad/left-pad-1.0.0.tgz'])
    assert.equal(await status(path), 404, path)

  const cwd = join(folder.path, 'project')
  await mkdir(cwd)
  await writeFile(join(cwd, 'package.json'), '{"dependencies":{"mirrored":"~0.0.0"}}')
  const installed = await mnpm(cwd, 'install', '--server', root)
  assert.equal(installed.code, 0, installed.shown)
  const manifest = await readFile(join(cwd, 'node_modules/mirrored/package.json'), 'utf8')
  assert.match(manifest, /"version": "0\.0\.1"/)
  assert.deepEqual((await readdir(cwd)).toSorted(), ['node_modules', 'package.json'])

  const npm = await createNpm('npm12', { folder: folder.path, registry: server.url })
  const other = join(folder.path, 'other')
  await mkdir(other)
  const byNpm = await npm.run(['install', 'mirrored'], { cwd: other })
  assert.equal(byNpm.code, 0, byNpm.shown)
  await assertVerifies(server.url)
})

test('PUT /module asks for credentials where the account "mnpm" is a person, and where sign-up is closed', async () => {
  await using folder = await makeFolder('mnpm-person')
  const flags = ['--mnpm-port', '0']
  await using own = await startServer({ flags })
  await signUp(own.url, 'mnpm')
  await using closed = await startServer({ flags: [...flags, '--sign-up', 'closed'] })
  await using proxied = await startServer({
    flags: [...flags, '--public-url', 'https://registry.example', '--sign-up', 'open'],
  })
  for (const server of [own, closed, proxied]) {
    const { put } = curlAt(portOf(server), folder.path)
    assert.equal(await put('/module', moduleDocument('mirrored', '0.0.0')), 401)
  }
  const max = await signUp(own.url, 'max')
  const { put } = curlAt(portOf(own), folder.path)
  const credentials = `authorization: Bearer ${max.token}`
  assert.equal(await put('/module', moduleDocument('mirrored', '0.0.0'), credentials), 201)
})

test('GET /mirrors tells of the mirrors in the settings, and of those that mnpm alone has', async () => {
  await using folder = await makeFolder('mnpm-mirrors')
  const mirrors = ['--mirrors', 'https://one.example', '--mnpm-mirrors', 'https://two.example/x']
  await using server = await startServer({ flags: ['--mnpm-port', '0', ...mirrors] })
  const told = { mirrors: ['https://one.example/npm/-', 'https://two.example/x'] }
  assert.deepEqual(await curlAt(portOf(server), folder.path).get('/mirrors'), told)
  assert.deepEqual(await curlAt(server.url, folder.path).get('/-/mnpm/mirrors'), told)
  const max = await signUp(server.url, 'max')
  const scoped = makeUpload({ name: '@scope/kept', version: '1.0.0' })
  assert.equal((await publish(max, scoped)).status, 201)
  const { status } = curlAt(portOf(server), folder.path)
  assert.equal(await status('/@scope/kept/kept-v1.0.0.tgz'), 200)
  assert.equal(await status('/@scope/kept'), 200)
})

/** Where mnpm's own port is, as the server says it. */
function portOf({ lines }: Server): string {
  return String(lines.find(({ event }) => event === 'listening')?.['mnpm'])
}

function curlAt(root: string, folder: string) {
  const status = async (path: string, ...more: readonly string[]): Promise<number> =>
    Number(await curl(folder, '-o', '/dev/null', '-w', '%{http_code}', ...more, root + path))
  return {
    status,
    get: async (path: string) => JSON.parse(await curl(folder, root + path)),
    put: async (path: string, body: object, ...headers: readonly string[]): Promise<number> => {
      const file = join(folder, 'module.json')
      await writeFile(file, JSON.stringify(body))
      const sent = ['content-type: application/json', ...headers].flatMap((one) => ['-H', one])
      return status(path, '-X', 'PUT', ...sent, '--data-binary', `@${file}`)
    },
  }
}

async function curl(cwd: string, ...args: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: cwd }
  const { code, stdout, shown } = await runProgram('curl', ['-sS', ...args], { cwd, env })
  assert.equal(code, 0, shown)
  return stdout
}

function mnpm(cwd: string, ...args: readonly string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'], HOME: join(cwd, '..') }
  return runProgram(process.execPath, [mnpmFile, ...args], { cwd, env })
}
