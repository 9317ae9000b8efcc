// Clones of a real service: what they hold, what they refuse, and what is left of one that was stopped at any moment.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import {
  cpSync,
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
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { carryLog } from '@stele/audit'
import { type ErrorCode, isSteleError } from '@stele/errors'
import { createPublicFiles, type FolderChange } from '@stele/storage/files'
import {
  type CloneOptions,
  type CloneReport,
  cloneThrough,
  type OpenFiles,
} from '../src/clone/clone-service.ts'
import { createFilesFetch } from '../src/script-files/files-folder.ts'
import { createFolderFetch } from '../src/sources/folder-fetch.ts'
import { VM } from '../src/vm.ts'

const script = `
exports.init = () => System.files.mkdir('/kept')
exports.write = (path, text) => System.files.writeFile(path, text)
exports.remove = (path) => System.files.unlink(path)
exports.folder = (path) => System.files.mkdir(path)
exports.removeFolder = (path) => System.files.rmdir(path, { recursive: true })
`
const long = 'y'.repeat(20_000)

type Files = Readonly<Record<string, string>>
/** What the service had when each copy of its log was made, by paths on the disk. */
const states: readonly Files[] = [
  { 'kept/a': 'one', 'kept/odd%25name': 'odd', 'gone/b': 'b', 'kept/long': hash('sha256', long) },
  {
    'kept/a': 'two',
    'kept/odd%25name': 'odd',
    'kept/long': hash('sha256', long),
    'now/c': 'c',
    gone: 'a file',
  },
]
const calls: readonly (readonly (readonly [method: string, ...args: readonly string[]])[])[] = [
  [
    ['write', '/kept/a', 'one'],
    ['write', '/kept/odd%name', 'odd'],
    ['folder', '/gone'],
    ['write', '/gone/b', 'b'],
    ['write', '/kept/long', long],
    ['write', '/kept/short-lived', ''],
  ],
  [
    ['write', '/kept/a', 'two'],
    ['removeFolder', '/gone'],
    ['write', '/gone', 'a file'],
    ['remove', '/kept/short-lived'],
    ['folder', '/now'],
    ['write', '/now/c', 'c'],
  ],
]

const isCode =
  (...codes: readonly ErrorCode[]) =>
  (error: unknown): boolean =>
    codes.some((code) => isSteleError(error, code))

suite('cloneService()', () => {
  let folder = ''
  let number = 0
  /** Copies of the public folder: after the first calls, after all of them, of another service. */
  const sources: string[] = []
  const freshDir = (): string => join(folder, `clone-${number++}`)

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stele-clone-'))
    const keeper = new VM('')
    await keeper.deploy({ dir: join(folder, 'keeper') })
    for (const some of calls) sources.push(await callAll(join(folder, 'vm'), some))
    sources.push(await callAll(join(folder, 'other'), calls[0] ?? []))
    await keeper.close()
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const callAll = async (dir: string, some: (typeof calls)[number]): Promise<string> => {
    const vm = new VM(script)
    await vm.deploy({ dir })
    for (const [methodName, ...args] of some) await vm.executeCall({ methodName, args })
    await vm.close()
    const copy = join(folder, `source-${sources.length}`)
    cpSync(join(dir, 'public'), copy, { recursive: true })
    return copy
  }

  const clone = (
    dir: string,
    source: number | string,
    {
      openFiles = createPublicFiles,
      ...changes
    }: Partial<CloneOptions> & { readonly openFiles?: OpenFiles } = {},
  ): Promise<CloneReport> =>
    cloneThrough(openFiles, {
      url: 'http://service',
      dir,
      fetch: createFolderFetch(typeof source === 'string' ? source : (sources[source] ?? '')),
      progress: () => undefined,
      ...changes,
    })

  test('cloneService() writes the log as the service has it, and its files byte for byte', async () => {
    const dir = freshDir()
    const { size, newEntries, files, repaired } = await clone(dir, 0)
    assert.deepEqual([newEntries, repaired, files?.total], [size, false, 5])
    assert.deepEqual(readTree(join(dir, 'files')), { ...states[0], 'kept/short-lived': '' })
    const [copied, own] = [dir, sources[0] ?? ''].map((root) => readTree(join(root, '-/log')))
    for (const [path, text] of Object.entries(copied ?? {})) assert.equal(text, own?.[path], path)
    assert.deepEqual(readdirSync(dir).toSorted(), ['-', 'files', 'lock.db'])
  })

  test('cloneService() brings a clone up to date with what is new alone', async () => {
    const dir = freshDir()
    await clone(dir, 0)
    const asked: string[] = []
    const fetch = createFolderFetch(sources[1] ?? '')
    const { newEntries, files } = await clone(dir, 1, {
      fetch: (path, ...more) => {
        asked.push(path)
        return fetch(path, ...more)
      },
    })
    const digest = 1 // Of the memory, as the service logs it when it is closed.
    assert.equal(newEntries, (calls[1]?.length ?? 0) + digest)
    assert.deepEqual([files?.total, files?.written, files?.removed], [5, 3, 2])
    assert.ok(!asked.some((path) => path.includes('/blob/')))
    assert.deepEqual(readTree(join(dir, 'files')), states[1])
    const again = await clone(dir, 1)
    assert.deepEqual([again.newEntries, again.files?.written, again.logFiles], [0, 0, 0])
  })

  test('cloneService() leaves a clone that fits its checkpoint, or says that it does not, wherever it is stopped', async () => {
    const [first, wanted] = [await cloned(0), readTree(await cloned(1))]
    let stops = 0
    for (let allowed = 0; ; allowed++) {
      const dir = freshDir()
      cpSync(first, dir, { recursive: true })
      const isStopped = await stopAfter(allowed, (openFiles) => clone(dir, 1, { openFiles }))
      await assertSound(dir)
      await stopAfter(Infinity, (openFiles) => clone(dir, 1, { openFiles }))
      const tree = readTree(dir)
      for (const [path, text] of Object.entries(wanted)) assert.equal(tree[path], text, path)
      assert.ok(!existsSync(join(dir, 'files.incomplete')) && !existsSync(join(dir, '.tmp')))
      rmSync(dir, { recursive: true })
      if (!isStopped) break
      stops++
    }
    assert.ok(stops > 15, `${stops} places`)
  })

  test('cloneService() throws data_invalid when the disk is full, and goes on when there is room', async () => {
    const dir = freshDir()
    const openFiles: OpenFiles = (root) => (changes) => {
      if (changes.some((change) => 'put' in change && change.bytes.length > 1_000)) {
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
          code: 'ENOSPC',
          syscall: 'write',
        })
      }
      createPublicFiles(root)(changes)
    }
    const full = { code: 'data_invalid', message: /no room left on the disk/ }
    await assert.rejects(clone(dir, 1, { openFiles }), full)
    await clone(dir, 1)
    assert.ok(existsSync(join(dir, '-/log/checkpoint')))
  })

  test('cloneService() goes on with a first clone that was stopped', async () => {
    for (const allowed of [0, 1, 5, 10, 20]) {
      const dir = freshDir()
      assert.ok(await stopAfter(allowed, (openFiles) => clone(dir, 0, { openFiles })))
      assert.ok(!existsSync(join(dir, '-/log/checkpoint')))
      writeFileSync(join(dir, 'lock.db-journal'), '') // What a kill leaves of the lock.
      await clone(dir, 0)
      await assertSound(dir)
    }
  })

  test('cloneService() refuses an older copy and another log, and leaves what it has', async () => {
    const dir = await cloned(1)
    const before = readTree(dir)
    await assert.rejects(clone(dir, 0), isCode('history_older'))
    await assert.rejects(clone(dir, 2), isCode('history_replaced'))
    assert.deepEqual(readTree(dir), before)
  })

  test('cloneService() refuses a service that changes a byte of any file, and leaves what it has', async () => {
    const dir = await cloned(0)
    const before = readTree(dir)
    const paths = new Set<string>()
    const fetch = createFolderFetch(sources[1] ?? '')
    const fresh = freshDir()
    await clone(fresh, 1, { fetch: (path, ...more) => (paths.add(path), fetch(path, ...more)) })
    for (const changed of paths) {
      const options = {
        fetch: async (path: string, maxBytes: number) => {
          const answer = await fetch(path, maxBytes)
          return path === changed ? { ...answer, bytes: flip(answer.bytes) } : answer
        },
      }
      const isRefused = isCode(
        'file_mismatch',
        'entry_mismatch',
        'history_replaced',
        'history_forked',
      )
      await assert.rejects(clone(freshDir(), 1, options), isRefused, changed)
      if (changed.includes('/blob/')) continue // They are here already.
      await assert.rejects(clone(dir, 1, options), isRefused, changed)
      const tree = readTree(dir)
      for (const path of ['-/log/checkpoint', '-/log/head', 'files/kept/a']) {
        assert.equal(tree[path], before[path])
      }
      await assertSound(dir)
    }
  })

  test('cloneService() mends a clone that was damaged', async () => {
    const dir = await cloned(1)
    const before = readTree(dir)
    for (const path of Object.keys(before)) {
      if (/lock\.db|\/(?:key|checkpoint|head)$/.test(path)) continue
      writeFileSync(join(dir, path), flip(readFileSync(join(dir, path))))
      await clone(dir, 1)
      assert.deepEqual(readTree(dir), before, path)
      rmSync(join(dir, path))
      await clone(dir, 1)
      assert.deepEqual(readTree(dir), before, path)
    }
  })

  test('cloneService() follows no links, and leaves what the service never had', async () => {
    const dir = await cloned(0)
    const outside = freshDir()
    mkdirSync(outside)
    writeFileSync(join(outside, 'a'), 'outside')
    rmSync(join(dir, 'files/kept'), { recursive: true })
    symlinkSync(outside, join(dir, 'files/kept'))
    writeFileSync(join(dir, 'files/mine'), 'mine')
    const { files } = await clone(dir, 1)
    assert.deepEqual(files?.foreign, ['/mine'])
    assert.deepEqual(readTree(join(dir, 'files')), { ...states[1], mine: 'mine' })
    assert.deepEqual(readTree(outside), { a: 'outside' })
  })

  test('cloneService() keeps files apart whose names differ by case alone, also when the second one comes later', async () => {
    const dir = freshDir()
    const vm = join(folder, 'alike')
    const filesOf = async (source: string): Promise<Files> => {
      sources.push(source)
      await clone(dir, source)
      return readTree(join(dir, 'files'))
    }
    const one = await filesOf(await callAll(vm, [['write', '/kept/A', 'large']]))
    assert.deepEqual(one, { 'kept/A': 'large' })
    const both = await filesOf(await callAll(vm, [['write', '/kept/a', 'small']]))
    assert.deepEqual(both, { 'kept/%41': 'large', 'kept/a': 'small' })
    const read = async (path: string): Promise<string> => {
      const { bytes } = await createFilesFetch(join(dir, 'files'))(path, 1000)
      return Buffer.from(bytes).toString()
    }
    assert.equal(await read('/-/files/kept/A'), 'large')
    assert.equal(await read('/-/files/kept/a'), 'small')
    assert.equal(await read('/-/files/kept'), '{"path":"/kept","entries":["A","a"]}')
    const again = await filesOf(await callAll(vm, [['remove', '/kept/a']]))
    assert.deepEqual(again, { 'kept/A': 'large' })
  })

  test('cloneService() fills no folder of something else', async () => {
    const dir = freshDir()
    mkdirSync(dir)
    writeFileSync(join(dir, 'notes.txt'), '')
    await assert.rejects(clone(dir, 0), isCode('data_invalid'))
    await assert.rejects(clone(join(folder, 'vm'), 0), isCode('data_invalid'))
  })

  const cloned = async (source: number): Promise<string> => {
    const dir = freshDir()
    await clone(dir, source)
    return dir
  }
})

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
    mkdirSync(join(root, change.put, '..'), { recursive: true })
    writeFileSync(join(root, change.put), change.bytes)
  } else if ('folder' in change) mkdirSync(join(root, change.folder), { recursive: true })
  else if ('remove' in change) rmSync(join(root, change.remove), { recursive: true, force: true })
  else assert.ok('sync' in change)
}

/** Its log is whole up to its checkpoint, and its files are those of it, unless the mark says that they may not be. */
async function assertSound(dir: string): Promise<void> {
  const { state, size } = await carryLog({
    fetch: createFolderFetch(dir),
    progress: () => undefined,
    nowMs: () => 0,
    entries: () => undefined,
  })
  assert.ok(state !== undefined && size > 0)
  if (existsSync(join(dir, 'files.incomplete'))) return
  const isOld = state.list('/').includes('gone/')
  const wanted = isOld ? { ...states[0], 'kept/short-lived': '' } : states[1]
  assert.deepEqual(readTree(join(dir, 'files')), wanted)
}

/** Every file below a folder, by its path; of long ones the hash. Links are named, not followed. */
function readTree(root: string): Record<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory())
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      const text = readFileSync(path, 'latin1')
      return [path.slice(root.length + 1), text.length > 100 ? hash('sha256', text) : text] as const
    }),
  )
}

function flip(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes)
  const at = Math.floor(changed.length / 2)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}
