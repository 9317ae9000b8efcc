// Mirrors of a log that a registry's rules could have written: what they hold, and what they refuse. conformance/clone-stops.test.ts
// stops them at every write.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
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
import { type ErrorCode, isSteleError, SteleError } from '@stele/errors'
import { createPublicFiles } from '@stele/storage/files'
import { createNotesExecutor, LogBuilder } from '../../testkit/src/index.ts'
import type { OpenFiles } from '../src/clone/clone-service.ts'
import type { MirrorOptions, MirrorReport } from '../src/mirror/mirror-service.ts'
import {
  assertListedIsThere,
  baseUrl,
  fetchOf,
  makeRegistry,
  mirror,
  readTree,
  release,
  releaseAs,
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
    const { isSame } = await mirror(dir, log, { baseUrl: undefined })
    assert.equal(isSame, false)
    assert.deepEqual(versionsIn(dir, 'kept'), ['1.0.0', '1.1.0'], 'The base URL was kept')
    assert.equal((await mirror(dir, log)).isSame, true)
  })

  test('mirrorThrough() holds all else where the registry fails for one tarball, and says why', async () => {
    const [dir, log] = [freshDir(), makeRegistry()]
    const blob = release(log, 'kept', '1.0.0')
    release(log, 'kept', '1.1.0')
    const message = 'it answers with status 500'
    const fetch: MirrorOptions['fetch'] = async (path, maxBytes) => {
      if (path !== `/${blobFile(blob)}`) return fetchOf(log)(path, maxBytes)
      throw new SteleError('server_refused', { url: path, status: 500, message })
    }
    const { tarballs } = await mirror(dir, log, { fetch })
    assert.deepEqual(tarballs.missing, [`kept@1.0.0: ${message}`])
    assert.deepEqual(versionsIn(dir, 'kept'), ['1.1.0'])
  })

  test('mirrorThrough() says that a tarball is too long, and not that its hash is wrong: the rest is not read', async () => {
    const [dir, log] = [freshDir(), makeRegistry()]
    const blob = release(log, 'kept', '1.0.0')
    const fetch: MirrorOptions['fetch'] = async (path, maxBytes) => {
      const { status, bytes } = await fetchOf(log)(path, maxBytes)
      const isLong = path === `/${blobFile(blob)}`
      return { status, bytes: isLong ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes }
    }
    await assert.rejects(mirror(dir, log, { fetch }), { message: /its size: found over \d+ bytes/ })
    assert.ok(!existsSync(join(dir, '-/log/checkpoint')))
  })

  for (const [stored, what] of [
    ['..', 'dots'],
    ['..%2F..%2Foutside', 'a path'],
    ['nul%00', 'a NUL'],
    ['-', 'the folder of the tarballs'],
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

  const changes: readonly (readonly [what: string, change: (log: LogBuilder) => void])[] = [
    ['nothing of any package', (log) => log.call('alice', 'put', [['/rates/alice', 'day', '1']])],
    ['a new version', (log) => release(log, 'kept', '1.2.0')],
    ['a new package', (log) => release(log, '@scope/new', '1.0.0', '@scope%2Fnew')],
    ['a moved tag', (log) => write(log, '/packages/kept/tags', 'latest', '1.0.0')],
    ['a version that is no more', (log) => write(log, '/packages/kept/versions', '1.1.0', null)],
    ['a package that is no more', (log) => write(log, '/packages/other', 'origin', null)],
    ['a name that differs in case', (log) => release(log, 'KEPT', '1.0.0')],
    ['a name that is no file', (log) => release(log, 'odd', '1.0.0', '..')],
    ['a version that is no file', (log) => releaseAs(log, 'kept', { version: '../1.0.0' })],
    ['another version where one was no file', (log) => release(log, 'odd-before', '1.0.0')],
    ['so much that a bundle is full', (log) => callOften(log, 300)],
  ]
  for (const [what, change] of changes) {
    test(`mirrorThrough() goes on from where it was, and makes what a first run makes, after ${what}`, async () => {
      const [dir, fresh, log] = [freshDir(), freshDir(), twoReleases()]
      release(log, 'other', '1.0.0')
      releaseAs(log, 'odd-before', { version: '../1.0.0' })
      await mirror(dir, log)
      change(log)
      const asked: string[] = []
      const report = await mirror(dir, log, { fetch: noting(fetchOf(log), asked) })
      const wanted = await mirror(fresh, log)
      assert.deepEqual(shownIn(dir), shownIn(fresh))
      assert.equal(readNote(dir), readNote(fresh))
      const counted = ({ packuments, tarballs, ...told }: MirrorReport) => [
        packuments?.packages,
        packuments?.versions,
        tarballs.held,
        told.releases,
        told.oddNames,
      ]
      assert.deepEqual(counted(report), counted(wanted))
      assert.ok(asked.filter((path) => path.includes('/blob/')).length < 2)
    })
  }

  test('mirrorThrough() looks at what changed alone, and at all of it where what it kept is gone or was changed', async () => {
    const [dir, log] = [freshDir(), twoReleases()]
    release(log, 'other', '1.0.0')
    await mirror(dir, log)
    const lost = join(dir, 'npm/other')
    const state = join(dir, 'mirror.state')
    const runs = [
      ['kept', () => undefined, false],
      ['changed', () => writeFileSync(state, flip(readFileSync(state))), true],
      ['cut', () => writeFileSync(state, readFileSync(state).subarray(0, 100)), true],
      ['gone', () => rmSync(state), true],
    ] as const
    for (const [at, [what, change, isWhole]] of runs.entries()) {
      change()
      rmSync(lost, { force: true })
      release(log, 'kept', `2.0.${at}`)
      await mirror(dir, log)
      assert.equal(existsSync(lost), isWhole, what)
      await mirror(dir, log, { rehash: true })
      assert.ok(existsSync(lost))
    }
  })

  test('mirrorThrough() goes on from what an earlier run kept while little is new, and keeps more when much is', async () => {
    const [dir, fresh, log] = [freshDir(), freshDir(), twoReleases()]
    callOften(log, 197)
    await mirror(dir, log)
    const state = (): string => readFileSync(join(dir, 'mirror.state'), 'latin1')
    const first = state()
    const kept: boolean[] = []
    for (const name of ['one', 'two', 'three', 'four']) {
      release(log, name, '1.0.0')
      const { packuments } = await mirror(dir, log)
      assert.equal(packuments?.written, 1)
      kept.push(state() === first)
    }
    assert.deepEqual(kept, [true, true, true, false])
    await mirror(fresh, log)
    assert.deepEqual(shownIn(dir), shownIn(fresh))
  })

  test('mirrorThrough() throws history_forked for a log that has grown on another past', async () => {
    const [dir, log, other] = [freshDir(), twoReleases(), makeRegistry()]
    await mirror(dir, log)
    const before = readTree(dir)
    for (const name of ['one', 'two', 'three', 'four']) release(other, name, '1.0.0')
    await assert.rejects(mirror(dir, other), isCode('history_forked'))
    for (const path of ['-/log/checkpoint', 'npm/kept'])
      assert.equal(readTree(dir)[path], before[path])
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

function write(log: LogBuilder, object: string, field: string, value: string | null): void {
  log.call('alice', 'put', [[object, field, value]])
}

function callOften(log: LogBuilder, times: number): void {
  for (let at = 0; at < times; at++) write(log, '/rates/alice', 'day', `${at}`)
}

/** Digests of what others see there, but for pieces of an earlier checkpoint, and tarballs that nothing lists any more. */
function shownIn(dir: string): object {
  const found = Object.entries(readTree(dir)).filter(
    ([path]) => /^(?:-|npm)\//.test(path) && !/\.p\/\d+$|\/blob\//.test(path),
  )
  return Object.fromEntries(found.map(([path, text]) => [path, hash('sha256', text)]))
}

/** What a run notes of itself, but for what it kept. */
function readNote(dir: string): string {
  return readFileSync(join(dir, 'mirror.json'), 'utf8').replace(
    /"state": "\w+",\s+"stateSize": \d+/,
    '',
  )
}

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
