import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import type { KeptLog } from '@stele/audit/report'
import { loadKept, saveFork, saveKept, writeWhole } from '../src/verify/kept-store.ts'

const log: KeptLog = {
  origin: 'registry.example/../x',
  key: 'registry.example+00000000+AA',
  size: 3,
  root: 'cm9vdA==',
  stateRoot: 'ab',
  note: 'note\n',
  verifiedMs: 5,
}

suite('the kept store', () => {
  let folder = ''
  const folders = () => ({ config: join(folder, 'config'), cache: join(folder, 'cache') })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stele-kept-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('loadKept() gives what saveKept() kept of a log, and nothing of another', () => {
    assert.equal(loadKept(folders(), log.origin), undefined)
    saveKept(folders(), { log })
    assert.deepEqual(loadKept(folders(), log.origin), { log })
    assert.equal(loadKept(folders(), 'other.example'), undefined)
  })

  test('loadKept() throws data_invalid, naming --fresh, when the file is damaged', () => {
    saveKept(folders(), { log })
    const [name = ''] = readdirSync(join(folders().config, 'logs'))
    writeFileSync(join(folders().config, 'logs', name), '{"v":1')
    assert.throws(() => loadKept(folders(), log.origin), {
      code: 'data_invalid',
      message: /--fresh/,
    })
  })

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
