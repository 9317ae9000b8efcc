// "stele mnpm install" against a real registry, a mirror of it, and three mirrors that are bad in different ways.
import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makePackage } from '../packages/testkit/src/tarball.ts'
import { findFreePort } from './free-port.ts'
import { type Finished, runProgram } from './processes.ts'
import { makeUpload, publish, signUp, uploadOf } from './registry-client.ts'
import { moduleDocument } from './sample-package.ts'
import { mainFile, startServer } from './server.ts'
import { serve, serveFolder } from './static-files.ts'
import { makeFolder } from './temporary-folder.ts'

test('stele mnpm install completes with one honest mirror of four, and names the others', async () => {
  await using folder = await makeFolder('mnpm-install')
  const root = join(folder.path, 'mirror')
  await using honest = await serveFolder(root)
  const tarball = async (request: { readonly url?: string | undefined }): Promise<Buffer> =>
    readFile(join(root, 'npm/-', decodeURIComponent(request.url ?? '')))
  await using cut = await serve((request, response) => {
    tarball(request).then(
      (bytes) => response.end(bytes.subarray(0, 40)),
      () => response.writeHead(404).end(),
    )
  })
  const swapped = makeUpload({ name: 'left-pad', version: '1.0.0' }, 'swapped').tarball
  await using liar = await serve((_request, response) => response.end(swapped))
  const down = `http://127.0.0.1:${await findFreePort()}`
  const mirrors = [down, cut.url, liar.url, `${honest.url}/npm/-`]
  await using server = await startServer({ flags: ['--mnpm-mirrors', mirrors.join(',')] })
  const alice = await signUp(server.url, 'alice')
  assert.equal(
    (await publish(alice, makeUpload({ name: 'left-pad', version: '1.0.0' }))).status,
    201,
  )
  assert.equal(
    (await publish(alice, makeUpload({ name: 'left-pad', version: '2.0.0' }))).status,
    201,
  )
  const put = moduleDocument('mirrored', '1.0.0')
  assert.equal((await alice.send('PUT', '/-/mnpm/module', put)).status, 201)
  const cwd = join(folder.path, 'project')
  await mkdir(cwd)
  await writeFile(join(cwd, '.npmrc'), `registry=${server.url}/\n`)
  await writeFile(join(cwd, 'package.json'), '{"dependencies":{"mirrored":"^1.0.0"}}')

  const early = await stele(cwd, 'mnpm', 'install')
  assert.equal(early.code, 1, early.shown)
  for (const mirror of mirrors) assert.ok(early.stderr.includes(mirror), early.stderr)

  const baseUrl = ['--base-url', honest.url] as const
  const made = await stele(folder.path, 'mirror', server.url, 'mirror', ...baseUrl)
  assert.equal(made.code, 0, made.shown)
  const { code, stdout, shown } = await stele(cwd, 'mnpm', 'install', '--json')
  assert.equal(code, 0, shown)
  const report = JSON.parse(stdout)
  assert.deepEqual(report.given, { [`${honest.url}/npm/-`]: 2 })
  for (const mirror of mirrors.slice(0, 3)) {
    const fault = report.faults.find((one: { mirror: string }) => one.mirror === mirror)
    assert.ok(fault, `${mirror} is named`)
    if (mirror !== down)
      assert.match(`${fault.wanted} ${fault.found}`, /^[0-9a-f]{128} [0-9a-f]{128}$/)
  }
  const leftPad = join(cwd, 'node_modules/mirrored/../left-pad/package.json')
  const mirrored = await readFile(join(cwd, 'node_modules/mirrored/package.json'), 'utf8')
  assert.match(mirrored, /"version": "1\.0\.0"/)
  await assert.rejects(readFile(leftPad), 'What nobody asked for does not stand beside it')
  const run = await runProgram(
    process.execPath,
    [
      '-p',
      'require(require.resolve("left-pad/package.json", { paths: [fs.realpathSync("node_modules/mirrored")] })).version',
    ],
    { cwd, env: { PATH: process.env['PATH'] } },
  )
  assert.equal(run.stdout, '1.0.0\n', run.shown)
  const again = await stele(cwd, 'mnpm', 'install', '--json')
  assert.deepEqual(JSON.parse(again.stdout).given, {})
})

test('stele mnpm install goes past a mirror that says nothing, and waits for it once', async () => {
  await using folder = await makeFolder('mnpm-slow')
  await using slow = await serve(() => undefined)
  await using honest = await serveFolder(join(folder.path, 'mirror', 'npm', '-'))
  const mirrors = [slow.url, honest.url]
  await using server = await startServer({ flags: ['--mnpm-mirrors', mirrors.join(',')] })
  const alice = await signUp(server.url, 'alice')
  const names = Array.from({ length: 20 }, (_, at) => `package-${at}`)
  for (const name of names)
    assert.equal((await publish(alice, makeUpload({ name, version: '1.0.0' }))).status, 201)
  const base = ['--base-url', 'https://mirror.example'] as const
  assert.equal((await stele(folder.path, 'mirror', server.url, 'mirror', ...base)).code, 0)
  const cwd = join(folder.path, 'project')
  await mkdir(cwd)
  const dependencies = Object.fromEntries(names.map((name) => [name, '*']))
  await writeFile(join(cwd, 'package.json'), JSON.stringify({ dependencies }))
  const calls = ['--server', `${server.url}/-/mnpm`] as const
  const { code, stdout, shown } = await stele(cwd, 'mnpm', 'install', ...calls, '--json')
  assert.equal(code, 0, shown)
  const { given, faults, tookMs } = JSON.parse(stdout)
  assert.deepEqual(given, { [honest.url]: names.length })
  for (const { mirror, reason } of faults) {
    assert.equal(mirror, slow.url)
    assert.match(reason, /it said nothing for 15 seconds/)
  }
  assert.ok(tookMs < 28_000, `${tookMs} ms`)
})

test('stele mnpm install brings peers and what is optional, with credentials, and nothing for other machines', async () => {
  await using folder = await makeFolder('mnpm-peers')
  await using server = await startServer({
    flags: ['--mnpm-port', '0', '--access', 'authenticated'],
  })
  const root = String(server.lines.find(({ event }) => event === 'listening')?.['mnpm'])
  const alice = await signUp(server.url, 'alice')
  const manifests: readonly { readonly name: string; readonly [member: string]: unknown }[] = [
    { name: 'peer' },
    { name: 'here', os: [process.platform] },
    { name: 'elsewhere', os: ['aix'], cpu: ['s390x'] },
    {
      name: 'plugin',
      bin: { plugin: 'index.js' },
      peerDependencies: { peer: '^1.0.0' },
      optionalDependencies: { here: '1.0.0', elsewhere: '1.0.0' },
    },
  ]
  for (const manifest of manifests) {
    const release = { ...manifest, version: '1.0.0' }
    const tarball = makePackage(release, { 'index.js': '' })
    assert.equal((await publish(alice, uploadOf(release, tarball))).status, 201)
  }
  const cwd = join(folder.path, 'project')
  await mkdir(cwd)
  await writeFile(join(cwd, 'package.json'), '{"dependencies":{"plugin":"^1.0.0"}}')
  const install = (): Promise<Finished> => stele(cwd, 'mnpm', 'install', '--server', root)
  const refused = await install()
  assert.match(refused.stderr, /npm login/, 'Credentials are needed, and none are there')
  const hosts = [root, server.url].map(
    (url) => `${url.slice('http:'.length)}/:_authToken=${alice.token}\n`,
  )
  await writeFile(join(cwd, '.npmrc'), `registry=${server.url}/\n${hosts.join('')}`)
  const age = { npm_config_min_release_age: '0' }
  const usual = await runProgram(process.execPath, [mainFile, 'install'], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, ...age },
  })
  assert.equal(usual.code, 0, usual.shown)
  const state = join(cwd, 'node_modules/.stele/state.json')
  const { code, shown } = await install()
  assert.equal(code, 0, shown)
  assert.match(shown, /^3 packages/m)
  await assert.rejects(readFile(state), 'What stele install noted holds no more')
  await readFile(join(cwd, 'node_modules/.bin/plugin'))
  const found = await runProgram(
    process.execPath,
    [
      '-p',
      '["peer", "here", "elsewhere"].map((name) => { try { return require(require.resolve(name + "/package.json", { paths: [fs.realpathSync("node_modules/plugin")] })).version } catch { return "none" } }).join()',
    ],
    { cwd, env: { PATH: process.env['PATH'] } },
  )
  assert.equal(found.stdout, '1.0.0,1.0.0,none\n', found.shown)
})

test('stele mnpm install runs the install scripts of dependencies that were allowed, for these bytes alone', async () => {
  await using folder = await makeFolder('mnpm-scripts')
  await using server = await startServer({ flags: ['--mnpm-port', '0'] })
  const root = String(server.lines.find(({ event }) => event === 'listening')?.['mnpm'])
  const alice = await signUp(server.url, 'alice')
  const put = async (version: string): Promise<void> => {
    const release = { name: 'built', version, scripts: { postinstall: 'node make.js' } }
    const make = "require('fs').writeFileSync('made.txt', process.env.npm_package_version)"
    const upload = uploadOf(release, makePackage(release, { 'make.js': make }))
    assert.equal((await publish(alice, upload)).status, 201)
  }
  await put('1.0.0')
  const cwd = join(folder.path, 'project')
  await mkdir(cwd)
  await writeFile(join(cwd, 'package.json'), '{"dependencies":{"built":"*"}}')
  const install = (...more: readonly string[]): Promise<Finished> =>
    stele(cwd, 'mnpm', 'install', '--server', root, ...more)
  const made = (): Promise<string> =>
    readFile(join(cwd, 'node_modules/built/made.txt'), 'utf8').catch(() => 'nothing')
  const first = await install()
  assert.match(
    first.stdout,
    /scripts of built@1\.0\.0 were not run: "mnpm install --allow-scripts <package>" runs them/,
  )
  assert.equal(await made(), 'nothing')
  const allowed = await install('--allow-scripts', 'built')
  assert.equal(allowed.code, 0, allowed.shown)
  assert.equal(await made(), '1.0.0')
  await put('1.1.0')
  const newer = await install()
  assert.match(newer.stdout, /scripts of built@1\.1\.0 were not run/)
  assert.equal(await made(), 'nothing')
  assert.match((await install('--allow-scripts', 'nothing')).stderr, /nothing here needs a package/)
})

test('stele mnpm install says which range no version satisfies, and which there are', async () => {
  await using folder = await makeFolder('mnpm-absent')
  await using server = await startServer()
  const alice = await signUp(server.url, 'alice')
  assert.equal(
    (await publish(alice, makeUpload({ name: 'left-pad', version: '1.0.0' }))).status,
    201,
  )
  await writeFile(join(folder.path, 'package.json'), '{"dependencies":{"left-pad":"^3.0.0"}}')
  const { code, stderr } = await stele(
    folder.path,
    ...(['mnpm', 'install', '--server', `${server.url}/-/mnpm`] as const),
  )
  assert.equal(code, 1)
  assert.match(stderr, /"left-pad".*\^3\.0\.0.*1\.0\.0/s)
})

function stele(cwd: string, ...args: readonly string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'], HOME: cwd, XDG_DATA_HOME: join(cwd, '..', 'data') }
  return runProgram(process.execPath, [mainFile, ...args], { cwd, env })
}
