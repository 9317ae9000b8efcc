// The zip of a release is the same bytes each time: asked again, after a restart, from a copy of the registry in another time zone, and from
// a registry that was given the same tarball.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makePackage } from '../packages/testkit/src/tarball.ts'
import { installMissing } from './debian-packages.ts'
import { runProgram } from './processes.ts'
import { memberOf, publish, signUp, uploadOf } from './registry-client.ts'
import { assertNoTrouble, type ServerOptions, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

const manifest = { name: '@team/map', version: '3.1.0-SNAPSHOT' }
const files = {
  'lib/größe.js': 'exports.größe = 1\n',
  'lib/empty.js': '',
  'lib/long.js': 'x'.repeat(100_000),
  [`${'deep/'.repeat(30)}index.js`]: '1',
}
const release = uploadOf(manifest, makePackage(manifest, files))
const path = '/resources/jsregistry/root/@team%2fmap'

/** The digest of the zip as it is sent, which must be the one that `dist` tells. */
async function zipOf(options: ServerOptions): Promise<string> {
  await using server = await startServer(options)
  const [first, again] = [await digestAt(server.url), await digestAt(server.url)]
  assert.equal(again, first)
  assertNoTrouble(server.lines)
  await server.stop()
  return first
}

async function digestAt(url: string): Promise<string> {
  const told: unknown = await (await fetch(`${url}${path}/3.1.0-SNAPSHOT?dist=true`)).json()
  const dist = memberOf(told, 'dist')
  const address = `${url}/resources/jsregistry/root/@team/map/-/map@3.1.0-SNAPSHOT.zip`
  assert.equal(memberOf(dist, 'zip'), address)
  const response = await fetch(address)
  assert.equal(response.headers.get('content-type'), 'application/zip')
  const digest = hash('sha1', await response.bytes(), 'hex')
  assert.equal(memberOf(dist, 'zip_shasum'), digest)
  return digest
}

async function publishTo(dir: string): Promise<void> {
  await mkdir(dir)
  await using server = await startServer({ dir })
  const { status } = await publish(await signUp(server.url, 'max'), release)
  assert.equal(status, 201)
  await server.stop()
}

test('the zip of a release is the same bytes each time, wherever it is made', async () => {
  await using folder = await makeFolder('jsregistry-zips')
  const [dir, copy, other] = ['one', 'copy', 'other'].map((name) => join(folder.path, name))
  if (dir === undefined || copy === undefined || other === undefined) throw new Error('No folders')
  await publishTo(dir)
  const first = await zipOf({ dir })
  assert.equal(await zipOf({ dir }), first, 'after a restart')
  await cp(dir, copy, { recursive: true })
  const env = { TZ: 'Pacific/Auckland', LANG: 'tr_TR.UTF-8' }
  assert.equal(await zipOf({ dir: copy, env }), first, 'in another time zone')
  await publishTo(other)
  assert.equal(await zipOf({ dir: other }), first, 'at a registry of its own')
})

test('unzip finds the files of the tarball in it, and nothing wrong', async () => {
  await installMissing([{ file: 'unzip', package: 'unzip' }])
  await using folder = await makeFolder('jsregistry-zips')
  const dir = join(folder.path, 'data')
  await publishTo(dir)
  await using server = await startServer({ dir })
  const response = await fetch(`${server.url}${path}/-/map@3.1.0-SNAPSHOT.zip`)
  await writeFile(join(folder.path, 'map.zip'), await response.bytes())
  const env = { PATH: process.env['PATH'], LANG: 'C.UTF-8' }
  const args = ['-q', 'map.zip', '-d', 'map']
  const { code, shown } = await runProgram('unzip', args, { cwd: folder.path, env })
  assert.deepEqual([code, shown], [0, ''])
  for (const [file, text] of Object.entries(files)) {
    assert.equal(await readFile(join(folder.path, 'map', file), 'utf8'), text, file)
  }
  const told: unknown = JSON.parse(await readFile(join(folder.path, 'map/package.json'), 'utf8'))
  assert.deepEqual(told, manifest)
})
