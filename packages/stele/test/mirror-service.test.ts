// Mirrors of a log that a registry's rules could have written: what they hold, what they refuse, and what is left of a run that was
// stopped at any moment.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, suite, test } from 'node:test'
import { type ErrorCode, isSteleError } from '@stele/errors'
import { formatContentsValue, formatVersionsValue } from '@stele/formats/values'
import { rulesScript } from '@stele/registry'
import { readRelease } from '@stele/releases/release'
import { createPublicFiles, type FolderChange } from '@stele/storage/files'
import { createNotesExecutor, LogBuilder, makePackage } from '../../testkit/src/index.ts'
import type { OpenFiles } from '../src/clone/clone-service.ts'
import {
  type MirrorOptions,
  type MirrorReport,
  mirrorThrough,
} from '../src/mirror/mirror-service.ts'

const baseUrl = 'https://mirror.example'
const isCode =
  (...codes: readonly ErrorCode[]) =>
  (error: unknown): boolean =>
    codes.some((code) => isSteleError(error, code))

type Registry = LogBuilder & { readonly sha512?: string }

/** A log whose script is the registry's, though nobody runs it: its calls write what they are told. */
function makeRegistry(keySeed = 'log'): Registry {
  const createExecutor = (options: Parameters<typeof createNotesExecutor>[0]) => {
    const { init, call } = createNotesExecutor(options)
    return { init, call }
  }
  return new LogBuilder({
    origin: 'registry.example',
    createExecutor,
    script: rulesScript(),
    keySeed,
  })
}

/** What the rules write of a release. Gives the name of its tarball's blob. */
function release(log: LogBuilder, name: string, version: string, stored = name): string {
  const tarball = makePackage({ name, version, dependencies: { other: '^1.0.0' } }, {})
  const { contents, integrity, record } = readRelease(tarball)
  const object = `/packages/${stored}`
  log.call('alice', 'put', [
    ['/packages', `${stored}/`, ''],
    [object, 'origin', 'hosted'],
    [object, 'versions/', ''],
    [object, 'contents/', ''],
    [object, 'tags/', ''],
    [`${object}/versions`, version, formatVersionsValue({ integrity, record })],
    [`${object}/contents`, version, formatContentsValue(contents)],
    [`${object}/tags`, 'latest', version],
  ])
  return log.addBlob(tarball)
}

function twoReleases(): LogBuilder {
  const log = makeRegistry()
  release(log, 'kept', '1.0.0')
  release(log, 'kept', '1.1.0')
  return log
}

suite('mirrorThrough()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stele-mirror-'))
  let number = 0
  const freshDir = (): string => join(folder, `mirror-${number++}`)
  after(() => rmSync(folder, { recursive: true, force: true }))

  const mirror = (
    dir: string,
    log: LogBuilder,
    {
      openFiles = createPublicFiles,
      ...changes
    }: Partial<MirrorOptions> & { readonly openFiles?: OpenFiles } = {},
  ): Promise<MirrorReport> =>
    mirrorThrough(openFiles, {
      url: 'http://registry',
      dir,
      fetch: fetchOf(log),
      progress: () => undefined,
      selection: 'all',
      baseUrl,
      ...changes,
    })

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

  test('mirrorThrough() leaves a folder in which all that is listed is there, wherever it is stopped, and goes on', async () => {
    const [first, log] = [freshDir(), twoReleases()]
    await mirror(first, log)
    release(log, 'kept', '1.2.0')
    release(log, '@scope/other', '1.0.0', '@scope%2Fother')
    const wanted = freshDir()
    await mirror(wanted, log)
    let stops = 0
    for (let allowed = 0; ; allowed++) {
      const dir = freshDir()
      cpSync(first, dir, { recursive: true })
      const isStopped = await stopAfter(allowed, (openFiles) => mirror(dir, log, { openFiles }))
      assertListedIsThere(dir)
      await stopAfter(Infinity, (openFiles) => mirror(dir, log, { openFiles }))
      const tree = readTree(dir)
      for (const [path, text] of Object.entries(readTree(wanted)))
        assert.equal(tree[path], text, path)
      rmSync(dir, { recursive: true })
      if (!isStopped) break
      stops++
    }
    assert.ok(stops > 15, `${stops} places`)
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

function fetchOf(log: LogBuilder): MirrorOptions['fetch'] {
  const files = log.files()
  return async (path) => {
    const bytes = files.get(path)
    return bytes === undefined
      ? { status: 404, bytes: new Uint8Array(0) }
      : { status: 200, bytes: Buffer.from(bytes) }
  }
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

/** Every tarball that a packument lists is there, with the bytes that it says. */
function assertListedIsThere(dir: string): void {
  for (const [path, text] of Object.entries(readTree(dir))) {
    if (!path.startsWith('npm/') || path.startsWith('npm/-/')) continue
    const { versions } = JSON.parse(text)
    for (const { dist } of Object.values<{ dist: Record<string, string> }>(versions)) {
      const bytes = readFileSync(join(dir, String(dist['tarball']).slice(baseUrl.length)))
      assert.equal(`sha512-${hash('sha512', bytes, 'base64')}`, dist['integrity'])
    }
  }
}

function flip(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes)
  const at = copy.length >> 1
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

function readTree(root: string): { readonly [path: string]: string } {
  const found = readdirSync(root, { recursive: true, withFileTypes: true })
  const files = found.filter((one) => one.isFile() && !one.name.startsWith('lock.db'))
  return Object.fromEntries(
    files.map((one) => {
      const path = join(one.parentPath, one.name)
      return [path.slice(root.length + 1), readFileSync(path).toString('latin1')]
    }),
  )
}

/** Runs it with a folder that takes so many changes, and then none. Says whether it was stopped. */
async function stopAfter(
  allowed: number,
  run: (openFiles: OpenFiles) => Promise<unknown>,
): Promise<boolean> {
  let made = 0
  const stopped = new Error('The process was killed')
  try {
    await run((root) => (changes) => {
      for (const change of changes) {
        if (made++ === allowed) throw stopped
        changeQuickly(root, change)
      }
    })
    return false
  } catch (error) {
    if (error !== stopped) throw error
    return true
  }
}

/** Nothing waits for the disk: no power is cut here. */
function changeQuickly(root: string, change: FolderChange): void {
  if ('put' in change) {
    mkdirSync(dirname(join(root, change.put)), { recursive: true })
    writeFileSync(join(root, change.put), change.bytes)
  } else if ('link' in change) {
    mkdirSync(dirname(join(root, change.link)), { recursive: true })
    rmSync(join(root, change.link), { force: true })
    linkSync(change.from, join(root, change.link))
  } else if ('remove' in change) rmSync(join(root, change.remove), { recursive: true, force: true })
  else assert.ok('sync' in change)
}
