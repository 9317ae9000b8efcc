// Keeps a small data folder as this release writes it: `node scripts/keep-release.ts <name> [--from <checkout>] [--retired]`.
// It goes to conformance/releases/<name>/, and conformance/releases.test.ts opens, verifies and writes it from then on, in
// every later release. `--from` records with another checkout; `--retired` says that later releases refuse the folder.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runProgram } from '../conformance/processes.ts'
import {
  makeUpload,
  publish,
  type RegistryClient,
  readPackument,
  signUp,
} from '../conformance/registry-client.ts'
import { packFolder } from '../conformance/releases/pack.ts'
import { mainFile, repository, startServer } from '../conformance/server.ts'
import { makeFolder } from '../conformance/temporary-folder.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { from: { type: 'string' }, retired: { type: 'boolean', default: false } },
})
const [name] = positionals
if (name === undefined || !/^[a-z0-9][a-z0-9.-]*$/.test(name)) {
  throw new Error('Say which release: node scripts/keep-release.ts 0.2.0')
}
const main = values.from === undefined ? mainFile : join(values.from, 'packages/stele/src/main.ts')
const target = join(repository, 'conformance', 'releases', name)
const names = ['plain', '@team/scoped', 'changed']

await using folder = await makeFolder('release')
const dir = join(folder.path, 'data')
mkdirSync(dir)
const packages = await live()
mkdirSync(target, { recursive: true })
writeFileSync(join(target, 'data.tar.zst'), await packFolder(dir))
const about = { release: name, account: 'alice', retired: values.retired, packages }
writeFileSync(join(target, 'about.json'), `${JSON.stringify(about, null, 2)}\n`)
process.stdout.write(`${target}: ${readFileSync(join(target, 'data.tar.zst')).length} bytes\n`)

/** A little of everything that a log can hold. Gives what is served then. */
async function live(): Promise<object> {
  {
    await using server = await startServer({ dir, main })
    const [alice, bob] = [await signUp(server.url, 'alice'), await signUp(server.url, 'bob')]
    for (const version of ['1.0.0', '1.1.0', '2.0.0']) {
      for (const one of names) await published(alice, { name: one, version })
    }
    await published(alice, { name: 'plain', version: '3.0.0-beta.1', tag: 'next' })
    await refusedPublish(bob)
    await deprecate(alice)
    await unpublish(alice)
    await stele('reserve', 'add', '@kept/*', '--for', 'alice,bob')
  }
  await using server = await startServer({ dir, main })
  const alice = await signUp(server.url, 'alice')
  await published(alice, { name: 'plain', version: '3.0.0' })
  await stele('takedown', '3', '--part', 'body', '--reason', 'to have one', '--yes')
  await stele(
    'takedown',
    '5',
    '--part',
    'values',
    '--reason',
    'to have one of single values',
    '--yes',
  )
  const found: Record<string, object> = {}
  for (const one of names) {
    const { versions = {} } = (await readPackument(server.url, one)) ?? {}
    found[one] = Object.fromEntries(
      Object.entries(versions).map(([version, { dist }]) => [version, dist.integrity]),
    )
  }
  return found
}

async function published(
  client: RegistryClient,
  manifest: { name: string; version: string; tag?: string },
): Promise<void> {
  const { status, json } = await publish(client, makeUpload(manifest))
  if (status !== 201 && status !== 200) throw new Error(`${status} ${JSON.stringify(json)}`)
}

async function refusedPublish(client: RegistryClient): Promise<void> {
  const { status } = await publish(client, makeUpload({ name: 'plain', version: '9.0.0' }))
  if (status < 400) throw new Error('A stranger published')
}

async function deprecate(client: RegistryClient): Promise<void> {
  const document = Object(await readPackument(client.url, 'changed'))
  document.versions['1.0.0'].deprecated = 'use 2'
  await sent(client, 'PUT', '/changed', document)
}

async function unpublish(client: RegistryClient): Promise<void> {
  const document = Object(await readPackument(client.url, 'changed'))
  delete document.versions['1.1.0']
  await sent(client, 'PUT', `/changed/-rev/${document._rev}`, document)
}

async function sent(
  client: RegistryClient,
  method: string,
  path: string,
  body: object,
): Promise<void> {
  const { status, json } = await client.send(method, path, body)
  if (status >= 400) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`)
}

async function stele(...args: readonly string[]): Promise<void> {
  const { code, shown } = await runProgram(process.execPath, [main, ...args, '--dir', dir], {
    cwd: dir,
    env: { PATH: process.env['PATH'], HOME: dir },
  })
  if (code !== 0) throw new Error(shown)
}
