// Tarballs that want out, disks that are full, folders that nobody may write: a clear word, and nothing half installed.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { isSteleError } from '../packages/errors/src/index.ts'
import { resolve } from '../packages/resolve/src/index.ts'
import type { Packument } from '../packages/resolve/src/public/graph.ts'
import {
  makePackage,
  makeTar,
  makeTarball,
  paxRecord,
  sealHeader,
  type TarEntry,
} from '../packages/testkit/src/index.ts'
import { environmentIn, runStele, startMade, writeProject } from './client-trials.ts'
import { makeFolder } from './temporary-folder.ts'

const packageJson: TarEntry = { path: 'package.json', content: '{"name":"bad","version":"1.0.0"}' }
const whole = makePackage({ name: 'bad', version: '1.0.0' })
type Row = readonly [what: string, tarball: Uint8Array, said: RegExp]
const rows: readonly Row[] = [
  [
    'with a path that goes up',
    makeTarball([packageJson, { path: '../../../escaped' }]),
    /bad@1\.0\.0/,
  ],
  [
    'with an absolute path',
    makeTarball([packageJson, { path: '/escaped' }], { prefix: '' }),
    /bad@1\.0\.0/,
  ],
  ['that is cut off', whole.subarray(0, whole.length - 20), /bad@1\.0\.0/],
  ['that is no gzip', Buffer.from('<html>Log in</html>'), /bad@1\.0\.0/],
  ['that is a bomb', gzipSync(Buffer.alloc(200 * 2 ** 20)), /its unpacked size is/],
  ['that is mostly air', airy(), /its unpacked size is/],
  ['with a gzip that lies of its size', withEnd(whole, Buffer.from([1, 0, 0, 0])), /length check/],
  ['with a gzip that lies of its bytes', withEnd(whole, Buffer.alloc(8)), /check/],
  ['with a file that says that it is larger', withSize('00000777777'), /it ends inside a file/],
  ['with a file that says that it has 8 GiB', withSize('77777777777'), /it ends inside a file/],
  ['with a file of a size below nothing', withSize('\xff'.repeat(12)), /bad@1\.0\.0/],
  ['with a file of a size that is no number', withSize('1e9        '), /bad@1\.0\.0/],
  [
    'with an extended header that says that a file is larger',
    makeTarball([
      packageJson,
      { path: 'PaxHeader', type: 'x', content: paxRecord('size', '99999999999') },
      { path: 'file', content: 'x' },
    ]),
    /it ends inside a file/,
  ],
]

/** 80 MiB in some 600 KB: below the 200 times that a registry takes. */
function airy(): Uint8Array {
  const noise = randomBytes(600 * 1024)
  const air = Buffer.concat([noise, Buffer.alloc(80 * 2 ** 20)])
  return makeTarball([packageJson, { path: 'air', content: air }])
}

function withEnd(gzip: Uint8Array, end: Uint8Array): Uint8Array {
  return Buffer.concat([gzip.subarray(0, gzip.length - end.length), end])
}

/** A tarball whose second file has this in its header for its size. */
function withSize(size: string): Uint8Array {
  const tar = Buffer.from(makeTar([packageJson, { path: 'file', content: 'x' }]))
  const header = tar.subarray(1024, 1536)
  header.write(size.padEnd(12, '\0'), 124, 'latin1')
  sealHeader(header)
  return gzipSync(tar)
}

/** Files of a project that no installation may read to their ends. */
const odd: readonly (readonly [what: string, name: string, make: (path: string) => void])[] = [
  'package.json',
  'stele.lock',
  'package-lock.json',
  'yarn.lock',
  'pnpm-workspace.yaml',
].flatMap((name) => [
  [`${name} has no end`, name, (path) => symlinkSync('/dev/zero', path)],
  [`${name} is a pipe`, name, (path) => execFileSync('mkfifo', [path])],
  [
    `${name} is larger than any`,
    name,
    (path) => {
      writeFileSync(path, '')
      truncateSync(path, 2 ** 33)
    },
  ],
])

suite('stele install', { concurrency: 1 }, () => {
  for (const [what, tarball, said] of rows) {
    test(`refuses a tarball ${what}, by the name of its package`, async () => {
      await using registry = await startMade([{ name: 'bad', version: '1.0.0', tarball }])
      await using folder = await makeFolder('hostile')
      const root = writeProject(folder.path, { bad: '1.0.0' })
      const options = { cwd: root, env: environmentIn(folder.path, registry.url) }
      const { code, stderr } = await runStele(['install'], options)
      assert.equal(code, 1, stderr)
      assert.match(stderr, said)
      assert.ok(!existsSync(join(root, 'node_modules/bad')))
      assert.ok(!existsSync(join(folder.path, 'escaped')))
      assert.ok(!existsSync(join(root, 'stele.lock')))
      assert.deepEqual(slotsBelow(folder.path), [])
    })
  }

  test('leaves links out of a tarball, wherever they lead', async () => {
    const link: TarEntry = { path: 'out', type: '2', linkpath: '../../../../..' }
    const through: TarEntry = { path: 'out/escaped', content: 'x' }
    const tarball = makeTarball([packageJson, link, through])
    await using registry = await startMade([{ name: 'bad', version: '1.0.0', tarball }])
    await using folder = await makeFolder('hostile')
    const root = writeProject(folder.path, { bad: '1.0.0' })
    const options = { cwd: root, env: environmentIn(folder.path, registry.url) }
    const { code, shown } = await runStele(['install'], options)
    assert.equal(code, 0, shown)
    assert.deepEqual(readdirSync(join(root, 'node_modules/bad/out')), ['escaped'])
  })

  test('refuses bytes that are not what the registry says they are', async () => {
    const made = { name: 'bad', version: '1.0.0', integrity: `sha512-${'A'.repeat(86)}==` }
    await using registry = await startMade([made])
    await using folder = await makeFolder('hostile')
    const root = writeProject(folder.path, { bad: '1.0.0' })
    const options = { cwd: root, env: environmentIn(folder.path, registry.url) }
    const { code, stderr } = await runStele(['install'], options)
    assert.equal(code, 1)
    assert.match(stderr, /^Cannot install bad@1\.0\.0: .* sent sha512-/)
    assert.deepEqual(slotsBelow(folder.path), [])
  })

  test('says that nothing may be written into the project, and leaves it as it was', async (t) => {
    await using registry = await startMade([{ name: 'good', version: '1.0.0' }])
    await using folder = await makeFolder('read-only')
    const root = writeProject(folder.path, { good: '1.0.0' })
    mkdirSync(join(folder.path, 'data'))
    chmodSync(join(folder.path, 'data'), 0o777)
    chmodSync(folder.path, 0o755)
    if (process.getuid?.() !== 0) return t.skip('only root can run as somebody else')
    const env = environmentIn(folder.path, registry.url)
    const { code, stderr } = await runStele(['install'], { cwd: root, env, uid: 65_534 })
    assert.equal(code, 1, stderr)
    assert.match(stderr, /permission denied.*project|project.*permission denied|cannot write/i)
    assert.doesNotMatch(stderr, /^\s+at /m)
    assert.deepEqual(readdirSync(root), ['package.json'])
    const again = await runStele(['install'], { cwd: root, env })
    assert.equal(again.code, 0, again.shown)
  })

  test('says that there is no network, at once where nobody listens', async () => {
    const registry = await startMade([])
    await registry[Symbol.asyncDispose]() // From now on nobody listens there.
    await using folder = await makeFolder('no-network')
    const root = writeProject(folder.path, { good: '1.0.0' })
    const env = { ...environmentIn(folder.path, registry.url), npm_config_fetch_retries: '0' }
    for (const [url, said] of [
      [registry.url, /ECONNREFUSED/],
      ['http://nowhere.invalid', /ENOTFOUND|EAI_AGAIN/],
    ] as const) {
      const options = { cwd: root, env: { ...env, npm_config_registry: url } }
      const { code, stderr } = await runStele(['install'], options)
      assert.equal(code, 1, stderr)
      assert.match(stderr, /^Cannot reach /)
      assert.match(stderr, said)
      assert.deepEqual(readdirSync(root), ['package.json'])
    }
  })

  for (const [what, name, make] of odd) {
    test(`says that ${what}`, async () => {
      await using registry = await startMade([{ name: 'good', version: '1.0.0' }])
      await using folder = await makeFolder('odd-files')
      const root = writeProject(folder.path, { good: '1.0.0' })
      rmSync(join(root, name), { force: true })
      make(join(root, name))
      const options = {
        cwd: root,
        env: environmentIn(folder.path, registry.url),
        timeoutMs: 10_000,
      }
      const { code, stderr } = await runStele(['install'], options)
      assert.equal(code, 1, stderr)
      assert.match(stderr, new RegExp(`Cannot read .*${name}`))
      assert.match(stderr, /it is no regular file|more than/)
      assert.ok(!existsSync(join(root, 'node_modules')))
    })
  }

  test('ends a resolution in which packages name thousands more', async () => {
    let asked = 0
    const packument = (name: string): Promise<Packument> => {
      asked += 1
      const names = Array.from(
        { length: name.includes('-') ? 0 : 101_000 },
        (_, at) => [`${name}-${at}`, '*'] as const,
      )
      const own = { dependencies: Object.fromEntries(names), dist: { tarball: '' } }
      const versions = { '1.0.0': { name, version: '1.0.0', ...own } }
      return Promise.resolve({ name, 'dist-tags': { latest: '1.0.0' }, versions })
    }
    const edges = [{ name: 'a', specifier: '*', kind: 'dependencies' }] as const
    const other = () => assert.fail('nothing is of another source')
    await assert.rejects(resolve([{ folder: '.', edges }], { packument, other }), (error) => {
      assert.ok(isSteleError(error, 'graph_too_large'))
      return true
    })
    assert.ok(asked <= 100_001, `${asked} packuments were asked for`)
  })

  test('says that the disk is full, and goes on when there is room', async (t) => {
    await using folder = await makeFolder('full')
    const data = join(folder.path, 'data')
    mkdirSync(data)
    const content = Array.from({ length: 3000 }, (_, at) => Math.sin(at)).join('\n')
    const files = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`f${at}.js`, `${at}${content}`]),
    )
    await using registry = await startMade([{ name: 'large', version: '1.0.0', files }])
    const root = writeProject(folder.path, { large: '1.0.0' })
    const options = { cwd: root, env: environmentIn(folder.path, registry.url) }
    {
      using disk = mountSmall(data)
      if (disk === undefined) return t.skip('only root can mount a small disk')
      const { code, stderr } = await runStele(['install'], options)
      assert.equal(code, 1, stderr)
      assert.match(stderr, /no (space|room) left/i)
      assert.ok(!existsSync(join(root, 'node_modules/large')))
      assert.deepEqual(slotsBelow(folder.path), [])
    }
    const { code, shown } = await runStele(['install'], options)
    assert.equal(code, 0, shown)
  })
})

function slotsBelow(folder: string): readonly string[] {
  const slots = join(folder, 'data/stele/store/v1/slots')
  return existsSync(slots) ? readdirSync(slots) : []
}

/** A file system of 2 MiB at the folder; undefined for whoever may not mount. */
function mountSmall(path: string): Disposable | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path], { stdio: 'pipe' })
  } catch {
    return undefined
  }
  return { [Symbol.dispose]: () => void execFileSync('umount', [path], { stdio: 'pipe' }) }
}
