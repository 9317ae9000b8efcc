// Mirrors of a log that a registry's rules could have written: what they hold, and what they refuse. conformance/clone-stops.test.ts
// stops them at every write.
import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { type ErrorCode, isSteleError } from '@stele/errors'
import { createPublicFiles } from '@stele/storage/files'
import { createNotesExecutor, LogBuilder } from '../../testkit/src/index.ts'
import type { OpenFiles } from '../src/clone/clone-service.ts'
import type { MirrorOptions } from '../src/mirror/mirror-service.ts'
import {
  assertListedIsThere,
  baseUrl,
  fetchOf,
  makeRegistry,
  mirror,
  readTree,
  release,
  twoReleases,
} from './made-mirror.ts'

const isCode =
  (...codes: readonly ErrorCode[]) =>
  (error: unknown): boolean =>
    codes.some((code) => isSteleError(error, code))

suite('mirrorThrough()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stele-mirror-'))
  let number = 0
  const freshDir = (): string => join(folder, `mirror-${number++}`)
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('mirrorThrough() writes log, tarballs and packuments, and asks for the checkpoint alone when nothing is new', async () => {
    const [dir, log] = [freshDir(), twoReleases()]
    const first = await mirror(dir, log)
    assert.deepEqual([first.tarballs.fetched, first.packuments?.versions], [2, 2])
    const document = JSON.parse(readFileSync(join(dir, 'npm/kept'), 'utf8'))
    assert.deepEqual(document['dist-tags'], { latest: '1.1.0' })
    assert.deepEqual(document.versions['1.1.0'].dependencies, { other: '^1.0.0' })
    assert.equal(document.versions['1.1.0'].dist.tarball, `${baseUrl}/npm/-/kept/kept-v1.1.0.tgz`)
    assertListedIsThere(dir)
    const asked: string[] = []
    const again = await mirror(dir, log, { fetch: noting(fetchOf(log), asked), baseUrl: undefined })
    assert.deepEqual([again.isSame, again.releases, asked], [true, 2, ['/-/log/checkpoint']])
    release(log, 'other', '1.0.0')
    asked.length = 0
    const third = await mirror(dir, log, { fetch: noting(fetchOf(log), asked), baseUrl: undefined })
    assert.deepEqual(
      [third.newEntries, third.tarballs.fetched, third.packuments?.written],
      [1, 1, 1],
    )
    assert.equal(asked.filter((path) => path.includes('/blob/')).length, 1)
  })

  test('mirrorThrough() waits for the disk as often for six packages as for two, and writes no packument before its tarballs are durable', async () => {
    const waits: number[] = []
    for (const packages of [2, 6]) {
      const log = makeRegistry()
      for (let at = 0; at < packages; at++) release(log, `package-${at}`, '1.0.0')
      let [count, undurable] = [0, 0]
      const openFiles: OpenFiles = (root) => {
        const apply = createPublicFiles(root)
        return (changes) => {
          for (const change of changes) {
            if ('sync' in change) [count, undurable] = [count + 1, 0]
            else if ('link' in change) undurable++
            else if ('put' in change && change.put.startsWith('npm/')) assert.equal(undurable, 0)
          }
          apply(changes)
        }
      }
      await mirror(freshDir(), log, { openFiles })
      waits.push(count)
    }
    assert.equal(waits[0], waits[1])
  })

  test('mirrorThrough() refuses a registry that changes a byte of any file, and leaves what it has', async () => {
    const [dir, log] = [freshDir(), twoReleases()]
    await mirror(dir, log)
    const before = readTree(dir)
    release(log, 'kept', '1.2.0')
    const paths: string[] = []
    await mirror(freshDir(), log, { fetch: noting(fetchOf(log), paths) })
    const isRefused = isCode(
      'file_mismatch',
      'entry_mismatch',
      'history_replaced',
      'history_forked',
    )
    for (const changed of new Set(paths)) {
      const fetch: MirrorOptions['fetch'] = async (path, maxBytes) => {
        const answer = await fetchOf(log)(path, maxBytes)
        return path === changed ? { ...answer, bytes: flip(answer.bytes) } : answer
      }
      const fresh = freshDir()
      await assert.rejects(mirror(fresh, log, { fetch }), isRefused, changed)
      assert.ok(!existsSync(join(fresh, '-/log/checkpoint')) && !existsSync(join(fresh, 'npm')))
      const isHere = changed.includes('/blob/') && existsSync(join(dir, changed))
      if (!isHere) await assert.rejects(mirror(dir, log, { fetch }), isRefused, changed)
      const tree = readTree(dir)
      for (const path of ['-/log/checkpoint', 'npm/kept']) assert.equal(tree[path], before[path])
    }
  })

  test('mirrorThrough() throws data_invalid when the disk is full, and goes on when there is room', async () => {
    const [dir, log] = [freshDir(), twoReleases()]
    const openFiles: OpenFiles = (root) => (changes) => {
      if (changes.some((change) => 'put' in change && change.put.includes('npm/'))) {
        const facts = { code: 'ENOSPC', syscall: 'write' }
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), facts)
      }
      createPublicFiles(root)(changes)
    }
    const full = { code: 'data_invalid', message: /no room left on the disk/ }
    await assert.rejects(mirror(dir, log, { openFiles }), full)
    assert.ok(!existsSync(join(dir, '-/log/checkpoint')))
    await mirror(dir, log)
    assertListedIsThere(dir)
  })

  test('mirrorThrough() takes away what was taken down since, and lists it no more', async () => {
    const [dir, log] = [freshDir(), makeRegistry()]
    const blob = release(log, 'kept', '1.0.0')
    release(log, 'kept', '1.1.0')
    await mirror(dir, log)
    log.takedown([{ blob }])
    const { tarballs } = await mirror(dir, log)
    assert.deepEqual(tarballs.missing, [])
    assert.deepEqual(versionsIn(dir, 'kept'), ['1.1.0'])
    assert.deepEqual(readdirSync(join(dir, 'npm/-/kept')), ['kept-v1.1.0.tgz'])
    assert.ok(!existsSync(join(dir, blobFile(blob))))
  })

  test('mirrorThrough() tells of a tarball that the registry does not give, and does not list it', async () => {
    const [dir, log] = [freshDir(), makeRegistry()]
    const blob = release(log, 'kept', '1.0.0')
    release(log, 'kept', '1.1.0')
    const fetch: MirrorOptions['fetch'] = async (path, maxBytes) =>
      path === `/${blobFile(blob)}`
        ? { status: 404, bytes: new Uint8Array(0) }
        : fetchOf(log)(path, maxBytes)
    const { tarballs } = await mirror(dir, log, { fetch })
    assert.deepEqual(tarballs.missing, ['kept@1.0.0'])
    assert.deepEqual(versionsIn(dir, 'kept'), ['1.1.0'])
    const { isSame } = await mirror(dir, log)
    assert.equal(isSame, false)
    assert.deepEqual(versionsIn(dir, 'kept'), ['1.0.0', '1.1.0'])
  })

  for (const [stored, what] of [
    ['..', 'dots'],
    ['..%2F..%2Foutside', 'a path'],
    ['nul%00', 'a NUL'],
    ['KEPT', 'another only in case'],
  ] as const) {
    test(`mirrorThrough() writes no packument for a name that is ${what}, and says so`, async () => {
      const [dir, log] = [freshDir(), twoReleases()]
      release(log, 'odd', '1.0.0', stored)
      const { oddNames } = await mirror(dir, log)
      assert.deepEqual(oddNames, [decodeURIComponent(stored)])
      assert.deepEqual(readdirSync(join(dir, 'npm')).toSorted(), ['-', 'kept'])
    })
  }

  test('mirrorThrough() mends what is damaged when it is told to look', async () => {
    const [dir, log] = [freshDir(), twoReleases()]
    await mirror(dir, log)
    const before = readTree(dir)
    for (const path of Object.keys(before)) {
      if (/lock\.db|mirror\.json|\/(?:key|checkpoint|head)$/.test(path)) continue
      writeFileSync(join(dir, path), flip(readFileSync(join(dir, path))))
      await mirror(dir, log, { rehash: true })
      assert.deepEqual(readTree(dir), before, path)
    }
  })

  test('mirrorThrough() refuses an older log, another log, a log of other rules, and a folder of something else', async () => {
    const [dir, log] = [freshDir(), twoReleases()]
    await mirror(dir, log)
    const older = makeRegistry()
    release(older, 'kept', '1.0.0')
    const before = readTree(dir)
    await assert.rejects(mirror(dir, older), isCode('history_older'))
    await assert.rejects(mirror(dir, makeRegistry('another')), isCode('history_replaced'))
    const service = new LogBuilder({
      origin: 'service.example',
      createExecutor: createNotesExecutor,
    })
    await assert.rejects(mirror(freshDir(), service), isCode('mirror_impossible'))
    assert.deepEqual(readTree(dir), before)
    const other = freshDir()
    mkdirSync(other)
    writeFileSync(join(other, 'thesis.txt'), '')
    await assert.rejects(mirror(other, log), isCode('data_invalid'))
  })
})

function noting(fetch: MirrorOptions['fetch'], asked: string[]): MirrorOptions['fetch'] {
  return (path, ...more) => {
    asked.push(path)
    return fetch(path, ...more)
  }
}

function blobFile(name: string): string {
  return `-/log/blob/${name.slice(0, 2)}/${name}`
}

function versionsIn(dir: string, name: string): readonly string[] {
  return Object.keys(JSON.parse(readFileSync(join(dir, 'npm', name), 'utf8')).versions)
}

function flip(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes)
  const at = copy.length >> 1
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
