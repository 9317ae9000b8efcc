// Copies of a mirror: pushed with rsync to many places at once, carried across in a file, and checked from outside.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { appendFile, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from './free-port.ts'
import { type Finished, runProgram } from './processes.ts'
import { makeUpload, publish, type RegistryClient, signUp } from './registry-client.ts'
import { makeShell, needRsync, startDaemon } from './rsync-places.ts'
import { mainFile, startServer } from './server.ts'
import { serveFolder } from './static-files.ts'
import { makeFolder } from './temporary-folder.ts'

const baseUrl = ['--base-url', 'https://mirror.example'] as const

before(needRsync)

test('stele mirror push brings a mirror to a daemon, over ssh and to a folder at once, and takes away what is gone', async () => {
  await using folder = await makeFolder('push')
  await using server = await startServer()
  const alice = await signUp(server.url, 'alice')
  await put(alice, 'left-pad', '1.0.0', '1.1.0')
  await put(alice, '@scope/kept', '1.0.0')
  const run = steleIn(folder.path)
  assert.equal((await run('mirror', server.url, 'mirror', ...baseUrl)).code, 0)

  const there = (name: string): string => join(folder.path, 'there', name)
  for (const name of ['daemon', 'ssh', 'disk']) await mkdir(there(name), { recursive: true })
  await writeFile(join(there('disk'), 'index.html'), 'mine')
  await using daemon = await startDaemon(folder.path, there('daemon'))
  const places = [
    `${daemon.url}/npm-mirror`,
    `me@host.example:${there('ssh')}/mirror`,
    there('disk'),
  ]
  const first = await run('mirror', 'push', '--folder', 'mirror', ...places)
  assert.equal(first.code, 0, first.shown)
  const copies = [there('daemon/npm-mirror'), there('ssh/mirror'), there('disk')]
  for (const copy of copies) await assertSame(join(folder.path, 'mirror'), copy)

  const left = await run(
    'takedown',
    'left-pad@1.0.0',
    '--reason',
    'a key',
    '--yes',
    '--dir',
    server.dir,
  )
  assert.equal(left.code, 0, left.shown)
  await put(alice, 'left-pad', '1.2.0')
  assert.equal((await run('mirror', server.url, 'mirror')).code, 0)
  const down = `rsync://localhost:${await findFreePort()}/none`
  const second = await run('mirror', 'push', '--folder', 'mirror', ...places, down)
  assert.equal(second.code, 1)
  assert.match(second.shown, new RegExp(`${down}: failed: .*[Cc]onnection refused`))
  for (const copy of copies) await assertSame(join(folder.path, 'mirror'), copy)
  assert.equal(await readFile(join(there('disk'), 'index.html'), 'utf8'), 'mine')
})

test('stele mirror push leaves a place alone that holds another log, a newer one, or an npm/ of somebody else', async () => {
  await using folder = await makeFolder('push-foreign')
  await using server = await startServer()
  await using other = await startServer()
  const [alice, bob] = [await signUp(server.url, 'alice'), await signUp(other.url, 'bob')]
  await put(alice, 'left-pad', '1.0.0')
  await put(bob, 'other', '1.0.0')
  const run = steleIn(folder.path)
  assert.equal((await run('mirror', server.url, 'mirror', ...baseUrl)).code, 0)
  await cp(join(folder.path, 'mirror'), join(folder.path, 'old'), { recursive: true })
  await put(alice, 'left-pad', '1.1.0')
  assert.equal((await run('mirror', server.url, 'mirror')).code, 0)
  assert.equal((await run('mirror', other.url, 'foreign', ...baseUrl)).code, 0)
  const before = await tree(join(folder.path, 'mirror'))
  for (const [from, reason] of [
    ['foreign', /it holds another log: /],
    ['old', /it holds \d+ entries, and this folder \d+/],
  ] as const) {
    const { code, shown } = await run(
      'mirror',
      'push',
      '--folder',
      from,
      join(folder.path, 'mirror'),
    )
    assert.equal(code, 1, shown)
    assert.match(shown, reason)
  }
  assert.deepEqual(await tree(join(folder.path, 'mirror')), before)
  const site = join(folder.path, 'site')
  await mkdir(join(site, 'npm/docs'), { recursive: true })
  await writeFile(join(site, 'npm/docs/index.html'), 'mine')
  const { code, shown } = await run('mirror', 'push', '--folder', 'mirror', site)
  assert.equal(code, 1, shown)
  assert.match(shown, /it holds npm\/, and no log of a mirror/)
  assert.deepEqual([await readdir(site), await readdir(join(site, 'npm'))], [['npm'], ['docs']])
  for (const [args, text] of [
    [['--folder', '.', 'there'], /holds no log/],
    [['--folder', 'mirror'], /Say where to/],
    [['--folder', 'mirror', 'a', 'a'], /given twice/],
    [['--folder', 'mirror', '--', '-e evil'], /is no destination/],
  ] as const) {
    assert.match((await run('mirror', 'push', ...args)).shown, text)
  }
})

test('whoever reads while a mirror is made, and while it is pushed, finds all that the checkpoint there stands for', async () => {
  await using folder = await makeFolder('push-reader')
  await using server = await startServer()
  const alice = await signUp(server.url, 'alice')
  const run = steleIn(folder.path)
  const there = join(folder.path, 'there')
  let isPushing = true
  const reader = async (place: string): Promise<number> => {
    for (let reads = 0; ; ) {
      if (!isPushing) return reads
      await sleep(1)
      if (!existsSync(join(place, '-/log/checkpoint'))) continue
      await assertWhole(place)
      reads++
    }
  }
  const reading = Promise.all([join(folder.path, 'mirror'), there].map(reader))
  for (let round = 0; round < 4; round++) {
    for (let at = 0; at < 5; at++) await put(alice, `package-${round}-${at}`, '1.0.0')
    assert.equal((await run('mirror', server.url, 'mirror', ...baseUrl)).code, 0)
    const pushed = await run('mirror', 'push', '--folder', 'mirror', there)
    assert.equal(pushed.code, 0, pushed.shown)
  }
  isPushing = false
  for (const reads of await reading) assert.ok(reads > 3, `${reads} reads`)
})

test('stele mirror pack and unpack carry a mirror across, check it, and bring it up to date', async () => {
  await using folder = await makeFolder('pack')
  await using server = await startServer()
  const alice = await signUp(server.url, 'alice')
  await put(alice, 'left-pad', '1.0.0')
  await put(alice, '@scope/kept', '1.0.0')
  const run = steleIn(folder.path)
  const pack = async (name: string): Promise<void> => {
    const { code, shown } = await run('mirror', 'pack', 'mirror', name)
    assert.equal(code, 0, shown)
  }
  assert.equal((await run('mirror', server.url, 'mirror', ...baseUrl)).code, 0)
  await pack('one.tar')
  await put(alice, 'left-pad', '1.1.0')
  assert.equal((await run('mirror', server.url, 'mirror')).code, 0)
  await pack('two.tar')
  await server.stop()

  const first = await run('mirror', 'unpack', 'one.tar', 'inside', ...baseUrl)
  assert.equal(first.code, 0, first.shown)
  const second = await run('mirror', 'unpack', 'two.tar', 'inside')
  assert.match(second.shown, /Tarballs: 3, 1 of them new/)
  assert.match((await run('mirror', 'unpack', 'two.tar', 'inside')).shown, /^Nothing new/m)
  await assertSame(join(folder.path, 'mirror'), join(folder.path, 'inside'))
  const verified = await run('verify', 'inside')
  assert.equal(verified.code, 0, verified.shown)
  const before = await tree(join(folder.path, 'inside'))
  const older = await run('mirror', 'unpack', 'one.tar', 'inside')
  assert.equal(older.code, 1, 'An older file changes nothing')
  assert.deepEqual(await tree(join(folder.path, 'inside')), before)

  const bytes = await readFile(join(folder.path, 'two.tar'))
  const changed = Buffer.from(bytes)
  changed[bytes.indexOf('\x1f\x8b', 0, 'latin1') + 60]! ^= 1
  const bad: readonly (readonly [file: string, bytes: Uint8Array, said: RegExp])[] = [
    ['changed', changed, /SHA-512/],
    ['cut', bytes.subarray(0, bytes.length / 2), /it is cut short/],
    ['other', Buffer.from('no tar at all'.repeat(100)), /it is no pack of a mirror/],
    ['renamed', renamed(bytes), /"\.\.\/\.\.\/evil", which no mirror has/],
  ]
  for (const [name, content, said] of bad) {
    await writeFile(join(folder.path, name), content)
    const { code, shown } = await run('mirror', 'unpack', name, `from-${name}`, ...baseUrl)
    assert.equal(code, 1, shown)
    assert.match(shown, said)
    assert.equal(existsSync(join(folder.path, `from-${name}`, '-/log/checkpoint')), false)
  }
})

test('stele mirror check finds what a mirror shows that its log does not prove', async () => {
  await using folder = await makeFolder('check')
  await using server = await startServer()
  const alice = await signUp(server.url, 'alice')
  await put(alice, 'left-pad', '1.0.0', '1.1.0')
  await put(alice, '@scope/kept', '1.0.0')
  const run = steleIn(folder.path)
  const root = join(folder.path, 'mirror')
  await using web = await serveFolder(root)
  assert.equal((await run('mirror', server.url, 'mirror', '--base-url', web.url)).code, 0)
  const check = (...more: readonly string[]): Promise<Finished> =>
    run('mirror', 'check', web.url, '--registry', server.url, ...more)
  const good = await check()
  assert.equal(good.code, 0, good.shown)
  assert.match(
    good.shown,
    /as its registry has\n.*2 packages with 3 versions; 0 are not listed\n.*3 compared/,
  )
  await put(alice, 'left-pad', '1.2.0')
  assert.match((await check()).shown, /1 less than its registry has/)

  const packument = join(root, 'npm/left-pad')
  const text = await readFile(packument, 'utf8')
  const tarball = join(root, 'npm/-/left-pad/left-pad-v1.1.0.tgz')
  const kept = await readFile(tarball)
  const changes: readonly (readonly [what: string, change: () => Promise<void>, said: RegExp])[] = [
    [
      'another tag',
      () => writeFile(packument, text.replace('"latest":"1.1.0"', '"latest":"1.0.0"')),
      /"dist-tags" is not as the log has it/,
    ],
    [
      'a version that never was',
      () => writeFile(packument, text.replaceAll('1.1.0', '6.6.6')),
      /lists left-pad@6\.6\.6, which the log does not have/,
    ],
    [
      'another dependency',
      () => writeFile(packument, text.replace('"dist":{', '"dependencies":{"evil":"*"},"dist":{')),
      /1\.0\.0: dependencies is not as the log has it/,
    ],
    ['no JSON', () => writeFile(packument, text.slice(1)), /Wrong: \/npm\/left-pad: /],
    [
      'another tarball',
      () => writeFile(tarball, Buffer.from(kept).fill(0, 0, 1)),
      /its SHA-512 is [0-9a-f]{128}, and the log says [0-9a-f]{128}/,
    ],
    ['a longer tarball', () => appendFile(tarball, 'x'), /it is longer than the \d+ bytes that/],
    ['no tarball', () => rm(tarball), /left-pad-v1\.1\.0\.tgz: it is not there/],
  ]
  for (const [what, change, said] of changes) {
    await change()
    const { code, shown } = await check()
    assert.equal(code, 1, `${what}: ${shown}`)
    assert.match(shown, said, what)
    await writeFile(packument, text)
    await writeFile(tarball, kept)
  }
  const elsewhere = await run('mirror', 'check', web.url, '--base-url', 'https://other.example')
  assert.match(elsewhere.shown, /dist \(where its tarball is, or its hash\)/)
  await writeFile(join(root, '-/log/checkpoint'), 'nonsense')
  assert.equal((await check()).code, 1)
})

async function put(
  who: RegistryClient,
  name: string,
  ...versions: readonly string[]
): Promise<void> {
  for (const version of versions)
    assert.equal((await publish(who, makeUpload({ name, version }))).status, 201)
}

function steleIn(cwd: string): (...args: readonly string[]) => Promise<Finished> {
  return async (...args) => {
    const env = { PATH: process.env['PATH'], HOME: cwd, RSYNC_RSH: await makeShell(cwd) }
    return runProgram(process.execPath, [mainFile, ...args], { cwd, env })
  }
}

/** The files of a mirror that others see, with what they hold. */
async function tree(root: string): Promise<ReadonlyMap<string, string>> {
  const found = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = found
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(root.length + 1))
    .filter((path) => path.startsWith('-/') || path.startsWith('npm/'))
  const read = paths
    .toSorted()
    .map(async (path) => [path, (await readFile(join(root, path))).toString('latin1')] as const)
  return new Map(await Promise.all(read))
}

async function assertSame(root: string, copy: string): Promise<void> {
  const [one, other] = [await tree(root), await tree(copy)]
  assert.deepEqual([...other.keys()], [...one.keys()])
  for (const [path, text] of one) assert.ok(other.get(path) === text, path)
  const [first] = [...other.keys()].filter((path) => path.endsWith('.tgz'))
  assert.equal(
    (await stat(join(copy, first ?? ''))).nlink,
    2,
    'A tarball with two names is there once',
  )
}

/** The bundles of the checkpoint's entries are there, and the tarballs of all packuments. */
async function assertWhole(root: string): Promise<void> {
  const [, size = ''] = (await readFile(join(root, '-/log/checkpoint'), 'utf8')).split('\n')
  assert.ok(Number(size) < 256)
  for (const kind of ['tile/entries', 'body', 'effects', 'value'])
    await readFile(join(root, `-/log/${kind}/000.p/${size}`))
  const names = (await readdir(join(root, 'npm')).catch(() => [])).filter((name) =>
    /^[a-z]/.test(name),
  )
  for (const name of names) {
    const { versions } = JSON.parse(await readFile(join(root, 'npm', name), 'utf8'))
    for (const { dist } of Object.values<{ dist: { tarball: string } }>(versions))
      await readFile(join(root, new URL(dist.tarball).pathname))
  }
}

/** The pack with another name for its first file, and a header that is right. */
function renamed(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes)
  copy.fill(0, 0, 100)
  copy.write('../../evil', 0)
  const sum = copy
    .subarray(0, 512)
    .reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0)
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return copy
}
