// A mirror behind nginx, with the lines that are shipped: clients install an application from it while the registry is stopped.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { bun } from './client-matrix/bun.ts'
import type { Client } from './client-matrix/client.ts'
import { npms } from './client-matrix/npm.ts'
import { pnpms } from './client-matrix/pnpm.ts'
import { type Installed, readInstalled } from './client-matrix/tree.ts'
import { yarn4 } from './client-matrix/yarn.ts'
import { startNginxWith } from './nginx.ts'
import { createNpm } from './npm-client.ts'
import { setFolder } from './npm-world.ts'
import { type Finished, runProgram } from './processes.ts'
import { makeUpload, publish, signUp } from './registry-client.ts'
import { roundsOf } from './rounds.ts'
import { needRsync } from './rsync-places.ts'
import { mainFile, repository, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'
import { hoisted, programOf, stele } from './tree-clients.ts'

const packages = roundsOf({ modest: 40, full: 500 })

test(`npm, pnpm, yarn, bun and stele install ${packages} packages from a mirror behind nginx as they do from its registry, which is stopped`, async () => {
  await needRsync()
  await using folder = await makeFolder('mirror-nginx')
  await using server = await startServer()
  const alice = await signUp(server.url, 'alice')
  for (let at = 0; at < packages; at++) {
    const upload = makeUpload({ name: nameOf(at), version: '1.0.0', dependencies: wantsOf(at) })
    assert.equal((await publish(alice, upload)).status, 201)
    if (at % 10 !== 0) continue
    const newer = makeUpload({ name: nameOf(at), version: '1.1.0', dependencies: wantsOf(at) })
    assert.equal((await publish(alice, newer)).status, 201)
  }
  const root = join(folder.path, 'there')
  await using nginx = await startNginxWith(await mirrorServer(root))
  const run = (...args: readonly string[]): Promise<Finished> =>
    runProgram(process.execPath, [mainFile, ...args], {
      cwd: folder.path,
      env: { PATH: process.env['PATH'], HOME: folder.path },
    })
  const made = await run('mirror', server.url, 'mirror', '--base-url', nginx.url)
  assert.equal(made.code, 0, made.shown)
  const pushed = await run('mirror', 'push', '--folder', 'mirror', root)
  assert.equal(pushed.code, 0, pushed.shown)

  const trees = new Map<string, Installed['packages']>()
  for (const client of clients)
    trees.set(
      client.name,
      await install(client, join(folder.path, client.name, 'registry'), server.url),
    )
  await server.stop()
  for (const client of clients) {
    const found = await install(
      client,
      join(folder.path, client.name, 'mirror'),
      `${nginx.url}/npm`,
    )
    assert.equal(Object.keys(found).length, packages, client.name)
    assert.deepEqual(found, trees.get(client.name), client.name)
  }
  const checked = await run('mirror', 'check', nginx.url)
  assert.equal(checked.code, 0, checked.shown)
  const verified = await run('verify', nginx.url)
  assert.equal(verified.code, 0, verified.shown)

  const answers = [
    ['/npm/package-0', 200, 'application/vnd.npm.install-v1+json', 'no-cache'],
    [
      `/npm/${nameOf(1).replace('/', '%2f')}`,
      200,
      'application/vnd.npm.install-v1+json',
      'no-cache',
    ],
    [
      '/npm/-/package-0/package-0-v1.0.0.tgz',
      200,
      'application/octet-stream',
      'public, max-age=3600',
    ],
    ['/-/log/checkpoint', 200, 'text/plain', 'public, max-age=1'],
    ['/npm/nothing', 404, 'text/html', null],
    ['/mirror.json', 404, 'text/html', null],
    ['/lock.db', 404, 'text/html', null],
  ] as const
  for (const [path, ...wanted] of answers) {
    const { status, headers } = await fetch(nginx.url + path)
    const found = [status, headers.get('content-type'), headers.get('cache-control')]
    assert.deepEqual(found, wanted, path)
  }
})

const [npm12, pnpm12] = ['npm12', 'pnpm12'].map((name) => {
  const found = [...npms, ...pnpms].find((client) => client.name === name)
  assert.ok(found !== undefined, name)
  return found
})
const clients = [npm12, pnpm12, yarn4, bun, stele] as readonly Client[]

function nameOf(at: number): string {
  return at % 7 === 1 ? `@scope/package-${at}` : at === 5 ? 'package-5.js' : `package-${at}`
}

/** A graph in which each package leads to two more, and all of them to the first one. */
function wantsOf(at: number): Readonly<Record<string, string>> {
  const wanted = [0, 2 * at + 1, 2 * at + 2].filter((one) => one !== at && one < packages)
  return Object.fromEntries(
    wanted.filter((one) => one > at || at > 2).map((one) => [nameOf(one), '^1.0.0']),
  )
}

async function install(
  client: Client,
  folder: string,
  url: string,
): Promise<Installed['packages']> {
  const npm = await createNpm(client.npm, { folder, registry: url })
  await setFolder(npm.home, client.settings({ url, token: 'none' }))
  const cwd = join(folder, 'project')
  const dependencies = Object.fromEntries([0, 1, 2].map((at) => [nameOf(at), '^1.0.0']))
  const manifest = { name: 'app', version: '1.0.0', license: 'MIT', dependencies }
  await setFolder(cwd, { ...client.projectFiles, 'package.json': manifest })
  const layout = client === stele ? hoisted : []
  const [command = '', ...args] = [...programOf(client), 'install', ...layout]
  const age = { npm_config_min_release_age: '0' }
  const env = { ...npm.env, ...client.env, ...age, XDG_DATA_HOME: join(folder, 'data') }
  const { code, shown } = await runProgram(command, args, { cwd, env })
  assert.equal(code, 0, `${client.name} at ${url}: ${shown}`)
  return readInstalled(cwd).packages
}

/** The lines that are shipped, for a port and a folder of this test. */
async function mirrorServer(root: string): Promise<(port: number) => string> {
  const shipped = await readFile(
    join(repository, 'packages/stele/deploy/nginx-mirror.conf'),
    'utf8',
  )
  return (port) => {
    const changed = shipped
      .replace('listen 443 ssl', `listen 127.0.0.1:${port}`)
      .replace(/ +ssl_certificate.*\n/g, '')
      .replace('/srv/mirror;', `${root};`)
    assert.ok(changed.includes(`root ${root};`) && !changed.includes('ssl'))
    return changed
  }
}
