// Clones of a service and mirrors of a registry that are stopped at every write or damaged in every file: what is left says what it
// is, and the next run makes it whole.
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { createFilesFetch } from '../packages/stele/src/script-files/files-folder.ts'
import {
  assertSound,
  type ClonedService,
  type Files,
  flip,
  makeClonedService,
  readTree,
} from '../packages/stele/test/cloned-service.ts'
import {
  assertListedIsThere,
  mirror,
  readTree as readMirror,
  release,
  twoReleases,
} from '../packages/stele/test/made-mirror.ts'
import { stopAfter } from '../packages/stele/test/stopping-folder.ts'

suite('cloneService()', () => {
  let service: ClonedService
  before(async () => {
    service = await makeClonedService()
  })
  after(() => service[Symbol.dispose]())

  const freshDir = (): string => service.freshDir()
  const clone: ClonedService['clone'] = (...all) => service.clone(...all)
  const cloned = (source: number): Promise<string> => service.cloned(source)

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

  test('cloneService() keeps files apart whose names differ by case alone, also when the second one comes later', async () => {
    const dir = freshDir()
    const vm = join(service.folder, 'alike')
    const filesOf = async (source: string): Promise<Files> => {
      await clone(dir, source)
      return readTree(join(dir, 'files'))
    }
    const one = await filesOf(await service.callAll(vm, [['write', '/kept/A', 'large']]))
    assert.deepEqual(one, { 'kept/A': 'large' })
    const both = await filesOf(await service.callAll(vm, [['write', '/kept/a', 'small']]))
    assert.deepEqual(both, { 'kept/%41': 'large', 'kept/a': 'small' })
    const read = async (path: string): Promise<string> => {
      const { bytes } = await createFilesFetch(join(dir, 'files'))(path, 1000)
      return Buffer.from(bytes).toString()
    }
    assert.equal(await read('/-/files/kept/A'), 'large')
    assert.equal(await read('/-/files/kept/a'), 'small')
    assert.equal(await read('/-/files/kept'), '{"path":"/kept","entries":["A","a"]}')
    const again = await filesOf(await service.callAll(vm, [['remove', '/kept/a']]))
    assert.deepEqual(again, { 'kept/A': 'large' })
  })
})

suite('mirrorThrough()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stele-mirror-'))
  let number = 0
  const freshDir = (): string => join(folder, `mirror-${number++}`)
  after(() => rmSync(folder, { recursive: true, force: true }))

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
      const tree = readMirror(dir)
      for (const [path, text] of Object.entries(readMirror(wanted)))
        assert.equal(tree[path], text, path)
      rmSync(dir, { recursive: true })
      if (!isStopped) break
      stops++
    }
    assert.ok(stops > 15, `${stops} places`)
  })
})
