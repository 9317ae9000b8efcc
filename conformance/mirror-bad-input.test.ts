// What "stele mirror" and "mnpm install" do about addresses, disks and names that are not as they should be: they say so, and nothing is
// published by halves. Names that no file is called are in packages/stele/test/mirror-service.test.ts.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Finished, runProgram } from './processes.ts'
import { makeUpload, publish, type RegistryClient, signUp } from './registry-client.ts'
import { mainFile, startServer } from './server.ts'
import { serve } from './static-files.ts'
import { makeFolder } from './temporary-folder.ts'

const otherPlaces: readonly (readonly [
  what: string,
  answer: (port: string) => { readonly status: number; readonly location?: string; text?: string },
  said: RegExp,
])[] = [
  [
    'redirects to another host',
    (port) => ({ status: 302, location: `http://localhost:${port}/` }),
    /it redirects to http:\/\/localhost:\d+/,
  ],
  [
    'is a page for people',
    () => ({ status: 200, text: '<!doctype html>' }),
    /no Stele log is served there/,
  ],
  ['has nothing', () => ({ status: 404 }), /no log is served there/],
  ['asks for an account', () => ({ status: 401 }), /npm login/],
]

for (const [what, answer, said] of otherPlaces) {
  test(`stele mirror says what is wrong with an address that ${what}, and makes no mirror`, async () => {
    await using folder = await makeFolder('mirror-address')
    await using web = await serve((request, response) => {
      const { status, location, text } = answer(request.headers.host?.split(':')[1] ?? '')
      response.writeHead(status, location === undefined ? {} : { location }).end(text)
    })
    const { code, stderr } = await stele(folder.path, 'mirror', web.url, 'mirror')
    assert.notEqual(code, 0)
    assert.notEqual(code, 70, stderr)
    assert.match(stderr, said)
    assert.ok(!existsSync(join(folder.path, 'mirror/-')), 'Nothing is published')
  })
}

test('stele mirror goes from one address of a host to another, as web servers tell it', async () => {
  await using folder = await makeFolder('mirror-moved')
  await using server = await startServer()
  await put(await signUp(server.url, 'alice'), 'left-pad')
  await using moved = await serve((request, response) => {
    response.writeHead(301, { location: `${server.url}${request.url}` }).end()
  })
  const { host } = new URL(server.url)
  const from = moved.url.replace('127.0.0.1', host.split(':')[0] ?? '')
  const { code, shown } = await stele(folder.path, 'mirror', from, 'mirror')
  assert.equal(code, 0, shown)
  assert.match(shown, /nothing for clients to install from; with --base-url there is/)
})

test('stele mirror says that the disk is full, lists nothing by halves, and goes on when there is room', async (t) => {
  await using folder = await makeFolder('mirror-full')
  const inside = (script: string): Promise<Finished> =>
    runProgram('unshare', ['-rm', 'sh', '-c', script], {
      cwd: folder.path,
      env: { PATH: process.env['PATH'], HOME: folder.path },
    })
  await mkdir(join(folder.path, 'disk'))
  const mount = 'mount -t tmpfs -o size=2m tmpfs disk'
  const can = await inside(mount).catch(() => undefined)
  if (can?.code !== 0) {
    t.skip('no disk can be made here')
    return
  }
  await using server = await startServer()
  const alice = await signUp(server.url, 'alice')
  for (let at = 0; at < 30; at++)
    await put(alice, `package-${at}`, randomBytes(100_000).toString('base64'))
  const mirror = `'${process.execPath}' '${mainFile}' mirror ${server.url} disk/mirror --base-url https://mirror.example`
  const lines = [
    mount,
    `${mirror}; echo "first $?"`,
    'test -e disk/mirror/-/log/checkpoint; echo "checkpoint $?"',
    'ls disk/mirror/npm 2>/dev/null | grep -c package; true',
    'mount -o remount,size=100m tmpfs disk',
    `${mirror}; echo "second $?"`,
    'ls disk/mirror/npm | grep -c package',
  ]
  const { stdout, stderr, shown } = await inside(lines.join('\n'))
  assert.match(stderr, /no room left on the disk/)
  assert.match(stdout, /^first 1\ncheckpoint 1\n0\n/, shown)
  assert.match(stdout, /second 0\n30\n$/, shown)
})

test('stele mnpm install goes past mirrors that redirect elsewhere, and follows no name out of node_modules', async () => {
  await using folder = await makeFolder('mnpm-bad-input')
  await using elsewhere = await serve((_request, response) => void response.writeHead(404).end())
  await using redirecting = await serve((_request, response) => {
    const location = elsewhere.url.replace('127.0.0.1', 'localhost')
    response.writeHead(302, { location }).end()
  })
  const versions = { '..': ['1.0.0'], 'a/../../b': ['1.0.0'], 'nul\0': ['1.0.0'], fine: ['1.0.0'] }
  await using calls = await serve((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x')
    const name = url.searchParams.get('name') ?? ''
    const answers: { readonly [path: string]: unknown } = {
      '/versions': { versions: new Map(Object.entries(versions)).get(name) ?? [] },
      '/dependencies': { dependencies: [] },
      '/checksum': { checksum: 'ab'.repeat(64), algorithm: 'sha512' },
      '/mirrors': { mirrors: [redirecting.url] },
    }
    response.end(JSON.stringify(answers[url.pathname]))
  })
  for (const [name, said] of [
    ['fine', /it redirects to http:\/\/localhost/],
    ['..', /name/],
    ['a/../../b', /name/],
    ['nul\0', /name/],
  ] as const) {
    const cwd = join(folder.path, encodeURIComponent(name).replaceAll('.', '_'), 'project')
    await mkdir(cwd, { recursive: true })
    const manifest = { dependencies: { [name]: '*' } }
    await writeFile(join(cwd, 'package.json'), JSON.stringify(manifest))
    const { code, stderr } = await stele(cwd, 'mnpm', 'install', '--server', calls.url)
    assert.equal(code, 1, stderr)
    assert.match(stderr, said, name)
    assert.deepEqual(await readdir(join(cwd, '..')), ['project'], name)
  }
})

test('stele mnpm install says that a registry does not speak mnpm', async () => {
  await using folder = await makeFolder('mnpm-other')
  await using other = await serve((_request, response) => void response.writeHead(404).end())
  await writeFile(join(folder.path, 'package.json'), '{"dependencies":{"left-pad":"*"}}')
  const { code, stderr } = await stele(folder.path, 'mnpm', 'install', '--server', other.url)
  assert.equal(code, 1)
  assert.match(stderr, /it has none of the calls of mnpm; --server says where they are/)
})

async function put(who: RegistryClient, name: string, text = ''): Promise<void> {
  const upload = makeUpload({ name, version: '1.0.0' }, name + text)
  assert.equal((await publish(who, upload)).status, 201)
}

function stele(cwd: string, ...args: readonly string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'], HOME: cwd, XDG_DATA_HOME: join(cwd, '..', '..', 'data') }
  return runProgram(process.execPath, [mainFile, ...args], { cwd, env })
}
