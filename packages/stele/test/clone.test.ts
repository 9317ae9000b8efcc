// Clones of a real service: what they hold, and what they refuse. conformance/clone-stops.test.ts stops, damages and mends them.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type ErrorCode, isSteleError } from '@stele/errors'
import { createPublicFiles } from '@stele/storage/files'
import type { OpenFiles } from '../src/clone/clone-service.ts'
import { createFolderFetch } from '../src/sources/folder-fetch.ts'
import {
  assertSound,
  type ClonedService,
  calls,
  flip,
  makeClonedService,
  readTree,
  states,
} from './cloned-service.ts'

const isCode =
  (...codes: readonly ErrorCode[]) =>
  (error: unknown): boolean =>
    codes.some((code) => isSteleError(error, code))

suite('cloneService()', () => {
  let service: ClonedService
  before(async () => {
    service = await makeClonedService()
  })
  after(() => service[Symbol.dispose]())

  const freshDir = (): string => service.freshDir()
  const clone: ClonedService['clone'] = (...all) => service.clone(...all)
  const cloned = (source: number): Promise<string> => service.cloned(source)

  test('cloneService() writes the log as the service has it, and its files byte for byte', async () => {
    const dir = freshDir()
    const { size, newEntries, files, repaired } = await clone(dir, 0)
    assert.deepEqual([newEntries, repaired, files?.total], [size, false, 5])
    assert.deepEqual(readTree(join(dir, 'files')), { ...states[0], 'kept/short-lived': '' })
    const [copied, own] = [dir, service.sources[0] ?? ''].map((root) =>
      readTree(join(root, '-/log')),
    )
    for (const [path, text] of Object.entries(copied ?? {})) assert.equal(text, own?.[path], path)
    assert.deepEqual(readdirSync(dir).toSorted(), ['-', 'files', 'lock.db'])
  })

  test('cloneService() brings a clone up to date with what is new alone', async () => {
    const dir = freshDir()
    await clone(dir, 0)
    const asked: string[] = []
    const fetch = createFolderFetch(service.sources[1] ?? '')
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
    const fetch = createFolderFetch(service.sources[1] ?? '')
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

  test('cloneService() fills no folder of something else', async () => {
    const dir = freshDir()
    mkdirSync(dir)
    writeFileSync(join(dir, 'notes.txt'), '')
    await assert.rejects(clone(dir, 0), isCode('data_invalid'))
    await assert.rejects(clone(join(service.folder, 'vm'), 0), isCode('data_invalid'))
  })
})
