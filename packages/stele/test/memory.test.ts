import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import type { KeptLog, VerifyReport } from '@stele/audit/report'
import { loadKnown, saveKept } from '../src/verify/kept-store.ts'
import { openMemory } from '../src/verify/memory.ts'

const address = 'https://registry.example'
const root = `${'A'.repeat(43)}=`

function logOf(origin: string, size = 3): KeptLog {
  return {
    place: address,
    origin,
    key: `${origin}+00000000+AA`,
    size,
    root,
    stateRoot: 'ab'.repeat(32),
    note: `${origin}\n${size}\n${root}\n\n— x\n`,
    verifiedMs: 5,
  }
}

function reportOf(origin: string): VerifyReport {
  const report: Partial<VerifyReport> = { origin, entriesNew: 1, known: null }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- All that is looked at.
  return report as VerifyReport
}

suite('openMemory()', () => {
  let folder = ''
  const open = (changes: { fresh?: boolean; forget?: boolean; folder?: boolean } = {}) =>
    openMemory({
      source:
        changes.folder === true
          ? { kind: 'folder', path: '/copy' }
          : { kind: 'http', root: address },
      folders: { config: join(folder, 'config'), cache: join(folder, 'cache') },
      fresh: changes.fresh === true,
      forget: changes.forget === true,
    })
  const known = (): KeptLog | undefined =>
    loadKnown({ config: join(folder, 'config'), cache: folder }, address, assert.fail)
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stele-memory-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('openMemory() knows the address and the log when one was verified there', () => {
    open().update(reportOf('one'), { log: logOf('one') })
    const { options } = open()
    assert.deepEqual(options.known, logOf('one'))
    assert.deepEqual(options.kept?.('one'), { log: logOf('one') })
    assert.equal(options.kept?.('two'), undefined)
  })

  test('openMemory() compares with the kept checkpoint when all is replayed again', () => {
    open().update(reportOf('one'), { log: logOf('one') })
    const { options } = open({ fresh: true })
    assert.deepEqual([options.known, options.kept?.('one')], [logOf('one'), { log: logOf('one') }])
  })

  test('openMemory() keeps what it knows when a verification has failed', () => {
    open().update(reportOf('one'), { log: logOf('one') })
    open({ fresh: true }).update(reportOf('two'), undefined)
    assert.deepEqual(known(), logOf('one'))
  })

  test('openMemory() forgets the log of the address, and says which, when it is told to', () => {
    open().update(reportOf('one'), { log: logOf('one') })
    const memory = open({ forget: true })
    assert.deepEqual(memory.options, {})
    memory.update(reportOf('two'), undefined)
    assert.deepEqual(memory.warnings, [
      'Forgotten, as --forget asks: the log "one" with the key one+00000000+AA, 3 entries, verified on 1970-01-01',
    ])
    assert.deepEqual([known(), open().options.kept?.('one')], [undefined, undefined])
  })

  test('openMemory() keeps the new log when the old one is forgotten', () => {
    open().update(reportOf('one'), { log: logOf('one') })
    open({ forget: true }).update(reportOf('two'), { log: logOf('two') })
    assert.deepEqual(known(), logOf('two'))
  })

  test('openMemory() puts the log in the place of another when the verification accepts it', () => {
    const folders = { config: join(folder, 'config'), cache: folder }
    saveKept(folders, { log: { ...logOf('two'), place: 'https://two.example' } })
    saveKept(folders, { log: logOf('one') })
    const known = { size: 3, note: '', place: 'https://two.example', verifiedMs: 5 }
    open().update({ ...reportOf('two'), known }, { log: logOf('two') })
    assert.deepEqual(loadKnown(folders, address, assert.fail), logOf('two'))
  })

  test('openMemory() knows no address when a folder is verified', () => {
    const log = { ...logOf('one'), place: '/copy' }
    open({ folder: true }).update(reportOf('one'), { log })
    assert.equal(known(), undefined)
    assert.equal(open({ folder: true }).options.known, undefined)
    assert.deepEqual(open({ folder: true }).options.kept?.('one'), { log })
  })
})
