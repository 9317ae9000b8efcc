import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import type { KeptLog } from '@stele/audit/report'
import {
  forgetKept,
  loadKept,
  loadKnown,
  saveFork,
  saveKept,
  writeWhole,
} from '../src/verify/kept-store.ts'

const root = `${'A'.repeat(43)}=`
const log: KeptLog = {
  origin: 'registry.example/../x',
  key: 'registry.example+00000000+AA',
  size: 3,
  root,
  stateRoot: 'ab'.repeat(32),
  place: 'https://registry.example',
  note: `registry.example/../x\n3\n${root}\n\n— x\n`,
  verifiedMs: 1795279323685.1821,
}

suite('the kept store', () => {
  let folder = ''
  const folders = () => ({ config: join(folder, 'config'), cache: join(folder, 'cache') })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stele-kept-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const load = (origin: string, place = log.place) =>
    loadKept(folders(), { origin, place }, assert.fail)

  test('loadKept() gives what saveKept() kept of a log, and nothing of another', () => {
    assert.equal(load(log.origin), undefined)
    saveKept(folders(), { log })
    assert.deepEqual(load(log.origin), { log })
    assert.equal(load('other.example'), undefined)
  })

  const odd: readonly (readonly [title: string, change: object | string])[] = [
    ['is cut', '{"v":1'],
    ['is no object', 'null'],
    ['is of another version', { v: 2 }],
    ['is far too large', { note: ' '.repeat(2 ** 20) }],
    ['has a size that is text', { size: '3' }],
    ['has a size of 0', { size: 0 }],
    ['has a size that is not whole', { size: 2.5 }],
    ['has a time that no date has', { verifiedMs: 1e300 }],
    ['has no time', { verifiedMs: null }],
    ['has a root that is no hash', { root: 'AAAA' }],
    ['has a root that nobody signed', { root: `B${root.slice(1)}` }],
    ['has a state root that is no hash', { stateRoot: 'x' }],
    ['has no note', { note: null }],
    ['has a key that is none', { key: 'x' }],
    ['has a seal that is none', { snapshot: 1 }],
    ['is of another log', { origin: 'other', note: log.note.replace(log.origin, 'other') }],
  ]
  for (const [title, change] of odd) {
    test(`loadKept() passes a file over, and says so, when it ${title}`, () => {
      saveKept(folders(), { log })
      const path = keptPath()
      const text = readFileSync(path, 'utf8')
      const changed =
        typeof change === 'string' ? change : JSON.stringify({ ...JSON.parse(text), ...change })
      writeFileSync(path, changed)
      assertPassedOver(path)
    })
  }

  test('loadKept() passes over what is no regular file, and does not wait for it', () => {
    saveKept(folders(), { log })
    const path = keptPath()
    rmSync(path)
    execFileSync('/usr/bin/env', ['mkfifo', path])
    assertPassedOver(path)
    rmSync(path)
    symlinkSync('/dev/zero', path)
    assertPassedOver(path)
  })

  test('loadKnown() gives the log that saveKept() kept of a place, until it is forgotten', () => {
    const address = log.place
    assert.equal(loadKnown(folders(), address, assert.fail), undefined)
    saveKept(folders(), { log })
    assert.deepEqual(loadKnown(folders(), address, assert.fail), log)
    assert.equal(loadKnown(folders(), `${address}/other`, assert.fail), undefined)
    forgetKept(folders(), { origins: [log.origin], place: address })
    assert.equal(loadKnown(folders(), address, assert.fail), undefined)
    assert.equal(load(log.origin), undefined)
  })

  function keptPath(): string {
    const logs = join(folders().config, 'logs')
    return join(logs, readdirSync(logs)[0] ?? '')
  }

  function assertPassedOver(path: string): void {
    const warnings: string[] = []
    assert.equal(
      loadKept(folders(), { origin: log.origin, place: log.place }, (warning) =>
        warnings.push(warning),
      ),
      undefined,
    )
    assert.deepEqual(warnings, [
      `"${path}" is not what a verification keeps, so it was not compared with`,
    ])
  }

  test('saveFork() keeps both histories, and gives their folder', () => {
    const path = saveFork(folders(), { origin: log.origin, seen: 'one\n', found: 'two\n' })
    const texts = ['seen', 'found'].map((name) => readFileSync(join(path, `${name}.note`), 'utf8'))
    assert.deepEqual(texts, ['one\n', 'two\n'])
    assert.ok(path.startsWith(join(folders().config, 'forks')))
  })

  test('writeWhole() leaves nothing else behind', () => {
    const path = join(folder, 'a', 'b.json')
    writeWhole(path, 'x')
    assert.ok(existsSync(path))
    assert.deepEqual(readdirSync(join(folder, 'a')), ['b.json'])
  })
})
