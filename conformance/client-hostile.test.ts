// Tarballs that want out, disks that are full, folders that nobody may write: a clear word, and nothing half installed.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { makePackage, makeTarball, type TarEntry } from '../packages/testkit/src/index.ts'
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
  ['that is a bomb', gzipSync(Buffer.alloc(200 * 2 ** 20)), /bad@1\.0\.0/],
]

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
