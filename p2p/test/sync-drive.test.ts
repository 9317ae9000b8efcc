import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { isSteleError } from 'stele/clone'
import { createSync, type WritableDrive } from '../src/sync-drive.ts'

/** A drive in memory, which writes down what is done to it. */
function createDrive(): WritableDrive & {
  readonly done: string[]
  readonly paths: () => string[]
} {
  const files = new Map<string, { bytes: Buffer; metadata: unknown }>()
  const done: string[] = []
  const entryOf = (key: string) => {
    const file = files.get(key)
    if (file === undefined) return null
    return { key, value: { blob: { byteLength: file.bytes.length }, metadata: file.metadata } }
  }
  return {
    done,
    paths: () => [...files.keys()].toSorted(),
    get: async (path) => files.get(path)?.bytes ?? null,
    entry: async (path) => entryOf(path),
    async *list() {
      for (const key of files.keys()) {
        const entry = entryOf(key)
        if (entry !== null) yield entry
      }
    },
    put: async (path, bytes, { metadata } = {}) => {
      done.push(`put ${path}`)
      files.set(path, { bytes: Buffer.from(bytes), metadata })
    },
    del: async (path) => {
      done.push(`del ${path}`)
      files.delete(path)
    },
  }
}

const root32 = Buffer.alloc(32).toString('base64')
const signature = Buffer.alloc(68, 1).toString('base64')

function checkpointOf(size: number): string {
  return `origin\n${size}\n${root32}\n\n\u2014 origin ${signature}\n`
}

suite('createSync()', () => {
  let root = ''
  let number = 0
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'stele-p2p-sync-'))
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  const write = (folder: string, files: Readonly<Record<string, string>>): void => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  }
  const makeFolder = (size: number, key = 'k'): string => {
    const folder = join(root, `${number++}`)
    writeLog(folder, size, key)
    return folder
  }
  const writeLog = (folder: string, size: number, key = 'k'): void =>
    write(folder, {
      '-/log/key': `${key}\n`,
      '-/log/head': `head ${size}`,
      '-/log/checkpoint': checkpointOf(size),
      [`-/log/body/000.p/${size}`]: `bodies ${size}`,
    })

  test('createSync() puts what a checkpoint stands for before it, and takes away what it does not need after it', async () => {
    const [folder, drive] = [makeFolder(1), createDrive()]
    const sync = createSync(drive, folder)
    assert.deepEqual(await sync(), {
      origin: 'origin',
      size: 1,
      written: 4,
      replaced: 0,
      removed: 0,
    })
    writeLog(folder, 2)
    rmSync(join(folder, '-/log/body/000.p/1'))
    drive.done.length = 0
    assert.deepEqual(await sync(), {
      origin: 'origin',
      size: 2,
      written: 3,
      replaced: 0,
      removed: 1,
    })
    assert.deepEqual(drive.done, [
      'put /-/log/body/000.p/2',
      'put /-/log/head',
      'put /-/log/checkpoint',
      'del /-/log/body/000.p/1',
    ])
  })

  test('createSync() shares the files of the log alone: no links, nothing beside it, no names of another form', async () => {
    const [folder, drive] = [makeFolder(1), createDrive()]
    write(folder, { 'secret.key': '', '-/log/.tmp/x': '', '-/log/Ünder': '', 'files/a': '' })
    symlinkSync('/etc/hostname', join(folder, '-/log/link'))
    symlinkSync('/etc', join(folder, '-/log/folder'))
    await createSync(drive, folder)()
    assert.deepEqual(drive.paths(), [
      '/-/log/body/000.p/1',
      '/-/log/checkpoint',
      '/-/log/head',
      '/-/log/key',
    ])
  })

  test('createSync() writes nothing after a restart when nothing changed', async () => {
    const [folder, drive] = [makeFolder(1), createDrive()]
    await createSync(drive, folder)()
    assert.equal((await createSync(drive, folder)()).written, 0)
    const body = join(folder, '-/log/body/000.p/1')
    utimesSync(body, 1, 1)
    assert.equal((await createSync(drive, folder)()).written, 0, 'it was only touched')
  })

  test('createSync() counts what a takedown leaves in the drive', async () => {
    const [folder, drive] = [makeFolder(1), createDrive()]
    write(folder, { '-/log/blob/ab/abc': 'secret' })
    const sync = createSync(drive, folder)
    assert.equal((await sync()).replaced, 0)
    rmSync(join(folder, '-/log/blob/ab/abc'))
    write(folder, { '-/log/body/000.p/1': 'without' })
    assert.equal((await sync()).replaced, 2)
  })

  test('createSync() throws share_impossible for another log, an older one, and none', async () => {
    const drive = createDrive()
    await createSync(drive, makeFolder(5))()
    const empty = join(root, 'empty')
    mkdirSync(empty)
    for (const [folder, told] of [
      [makeFolder(5, 'other'), /another key/],
      [makeFolder(4), /has 4 entries, and 5 were shared already/],
      [empty, /it holds no log/],
    ] as const) {
      await assert.rejects(createSync(drive, folder)(), (error) => {
        assert.ok(isSteleError(error, 'share_impossible'), String(error))
        assert.match(error.message, told)
        return true
      })
    }
    assert.equal(drive.done.length, 4)
  })
})
