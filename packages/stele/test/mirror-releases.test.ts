// What a log says of releases, and a mirror does not do: a registry is a stranger, and so may be its folder.
import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, suite, test } from 'node:test'
import { blobPath } from '@stele/entries/paths'
import { isSteleError } from '@stele/errors'
import type { MirrorOptions } from '../src/mirror/mirror-service.ts'
import {
  fetchOf,
  makeRegistry,
  mirror,
  readTree,
  release,
  releaseAs,
  twoReleases,
} from './made-mirror.ts'

suite('mirrorThrough()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stele-releases-'))
  let number = 0
  const freshDir = (): string => join(folder, `${number++}`, 'mirror')
  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const [version, what] of [
    ['1.0.0/../../../../../outside', 'a path out of the folder'],
    ['/outside', 'a path of its own'],
    ['latest', 'no version'],
    [`1.0.0-${'a'.repeat(248)}`, 'longer than the names of files are'],
    ['0.0.1-A', 'another only in case'],
  ] as const) {
    test(`mirrorThrough() holds no tarball of a version that is ${what}, and says so`, async () => {
      const [dir, log] = [freshDir(), twoReleases()]
      release(log, 'odd', '0.0.1-a')
      releaseAs(log, 'odd', { version })
      const { oddNames, packuments } = await mirror(dir, log)
      assert.deepEqual([oddNames, packuments?.versions], [[`odd@${version}`], 4])
      assert.deepEqual(readdirSync(dirname(dir)), ['mirror'])
      const tarballs = Object.keys(readTree(dir)).filter((path) => path.startsWith('npm/-/odd'))
      assert.deepEqual(tarballs, ['npm/-/odd/odd-v0.0.1-a.tgz', 'npm/-/odd/odd-v0.0.1.tgz'])
    })
  }

  test('mirrorThrough() takes the first of names that differ in case where none is lower', async () => {
    const log = makeRegistry()
    release(log, 'odd', '1.0.0', 'Odd')
    release(log, 'odd', '1.0.0', 'ODD')
    const { oddNames, packuments } = await mirror(freshDir(), log)
    assert.deepEqual([oddNames, packuments?.packages], [['Odd'], 1])
  })

  test('mirrorThrough() asks for no tarball that is larger than registries take', async () => {
    const log = makeRegistry()
    releaseAs(log, 'large', { version: '1.0.0', sizeBytes: 2 ** 40 })
    let most = 0
    const fetch: ReturnType<typeof fetchOf> = (path, maxBytes) => {
      most = Math.max(most, maxBytes)
      return fetchOf(log)(path, maxBytes)
    }
    await assert.rejects(mirror(freshDir(), log, { fetch }), {
      message: /"large".*1\.0\.0 has a tarball of 1099511627776 bytes/,
    })
    assert.ok(most <= 2 ** 30)
  })

  for (const link of [
    'npm',
    'npm/-',
    'npm/@scope',
    'npm/-/@scope',
    'npm/-/kept',
    'npm/-/@scope/own',
  ]) {
    test(`mirrorThrough() writes and removes nothing where ${link} is a link`, async () => {
      const [dir, log] = [freshDir(), twoReleases()]
      release(log, '@scope/own', '1.0.0', '@scope%2Fown')
      await mirror(dir, log)
      const elsewhere = join(dirname(dir), 'elsewhere')
      mkdirSync(elsewhere)
      for (const name of ['thesis.txt', 'own', 'kept']) writeFileSync(join(elsewhere, name), name)
      rmSync(join(dir, link), { recursive: true })
      symlinkSync(elsewhere, join(dir, link))
      const before = readTree(elsewhere)
      const refused = (error: unknown): boolean =>
        isSteleError(error, 'data_invalid') && error.message.includes(`${link}": it is a link`)
      release(log, 'kept', '1.2.0')
      release(log, '@scope/own', '1.2.0', '@scope%2Fown')
      await assert.rejects(mirror(dir, log), refused)
      await assert.rejects(mirror(dir, log, { rehash: true }), refused)
      assert.deepEqual(readTree(elsewhere), before)
      rmSync(join(dir, link))
      await mirror(dir, log, { rehash: true })
      assert.ok(existsSync(join(dir, 'npm/-/@scope/own/own-v1.2.0.tgz')))
    })
  }

  test('mirrorThrough() leaves a mirror as it is where the registry has nothing of what is asked for', async () => {
    const [dir, log] = [freshDir(), twoReleases()]
    await mirror(dir, log)
    const before = readTree(dir)
    const selection = new Map([['keptt', null]])
    await assert.rejects(mirror(dir, log, { selection }), {
      message: /it has nothing of what is asked for: "keptt"/,
    })
    assert.deepEqual(readTree(dir), before)
    const { absent, packuments } = await mirror(dir, log, {
      selection: new Map([...selection, ['kept', null]]),
    })
    assert.deepEqual([absent, packuments?.versions], [['keptt'], 2])
  })

  test('mirrorThrough() compares the key also where nothing is new', async () => {
    const [dir, log] = [freshDir(), twoReleases()]
    await mirror(dir, log)
    await assert.rejects(mirror(dir, log, { logKey: 'ab'.repeat(32) }), (error) =>
      isSteleError(error),
    )
    assert.equal((await mirror(dir, log)).isSame, true)
  })

  test('mirrorThrough() lists a tarball no more that is damaged, and that the registry has no more', async () => {
    const [dir, log] = [freshDir(), makeRegistry()]
    const blob = release(log, 'kept', '1.0.0')
    release(log, 'kept', '1.1.0')
    await mirror(dir, log)
    const [path, tarball] = ['/-/log/' + blobPath(blob), 'npm/-/kept/kept-v1.0.0.tgz']
    writeFileSync(join(dir, tarball), readFileSync(join(dir, tarball)).fill(0, 0, 1))
    const absent = { status: 404, bytes: new Uint8Array(0) }
    const fetch: MirrorOptions['fetch'] = async (asked, maxBytes) =>
      asked === path ? absent : fetchOf(log)(asked, maxBytes)
    const { tarballs } = await mirror(dir, log, { fetch, rehash: true })
    assert.deepEqual(tarballs.missing, ['kept@1.0.0'])
    assert.deepEqual([existsSync(join(dir, tarball)), existsSync(join(dir, path))], [false, false])
    assert.ok(!readFileSync(join(dir, 'npm/kept'), 'utf8').includes('"1.0.0":{'))
  })
})
