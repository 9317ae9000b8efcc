import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { SteleError } from '@stele/errors'
import fc from 'fast-check'
import { type FileSession, fileCode, openFiles } from '../src/v1/files.ts'
import { defaultLimits } from '../src/v1/limits.ts'
import { Trap } from '../src/v1/trap.ts'
import { memoryState } from './memory-state.ts'

const files = { '/note': 'text', '/a/b': 'inner', '/a/deep/c': 'x' }
const open = (): FileSession => openFiles(memoryState(files), defaultLimits)
const bytes = Buffer.from('new')

type Row = readonly [title: string, run: (session: FileSession) => unknown, answer: unknown]
const { notFound, notAFile, notAFolder, exists, noParent, notEmpty, badPath, folder } = fileCode

const rows: readonly Row[] = [
  ['stat of a file', (s) => s.stat('/note'), 4],
  ['stat of a folder', (s) => s.stat('/a/deep'), folder],
  ['stat of the root', (s) => s.stat('/'), folder],
  ['stat of nothing', (s) => s.stat('/zzz'), notFound],
  ['read of a folder', (s) => s.read('/a'), notAFile],
  ['read of nothing', (s) => s.read('/a/zzz'), notFound],
  ['list of the root', (s) => s.list('/'), ['a/', 'note']],
  ['list of a folder', (s) => s.list('/a'), ['b', 'deep/']],
  ['list of a file', (s) => s.list('/note'), notAFolder],
  ['list of nothing', (s) => s.list('/zzz'), notFound],
  ['write of a new file', (s) => s.write('/a/new', bytes), 0],
  ['write over a file', (s) => s.write('/note', bytes), 0],
  ['write over a folder', (s) => s.write('/a', bytes), exists],
  ['write without a parent', (s) => s.write('/zzz/new', bytes), noParent],
  ['write below a file', (s) => s.write('/note/new', bytes), noParent],
  ['make a folder', (s) => s.makeFolder('/a/new'), 0],
  ['make a folder over a folder', (s) => s.makeFolder('/a'), exists],
  ['make a folder over a file', (s) => s.makeFolder('/note'), exists],
  ['make a folder without a parent', (s) => s.makeFolder('/zzz/new'), noParent],
  ['make the root', (s) => s.makeFolder('/'), exists],
  ['remove a file', (s) => s.remove('/note'), 0],
  ['remove a folder as a file', (s) => s.remove('/a'), notAFile],
  ['remove nothing', (s) => s.remove('/zzz'), notFound],
  ['remove a full folder', (s) => s.removeFolder('/a', false), notEmpty],
  ['remove a full folder with all', (s) => s.removeFolder('/a', true), 0],
  ['remove a file as a folder', (s) => s.removeFolder('/note', true), notAFolder],
  ['remove no folder', (s) => s.removeFolder('/zzz', true), notFound],
  ['remove the root', (s) => s.removeFolder('/', true), badPath],
]
for (const [title, run, answer] of rows) {
  test(`openFiles() answers ${JSON.stringify(answer)} to: ${title}`, () => {
    assert.deepEqual(run(open()), answer)
  })
}

const badPaths = ['', 'a', 'a/b', '//', '/a/', '/a//b', '/.', '/..', '/a/../b', '/a/./b', '/a/..']
for (const path of [...badPaths, `/${'x'.repeat(1025)}`, `/${'é'.repeat(300)}/b`]) {
  test(`openFiles() refuses the path "${path.slice(0, 20)}"`, () => {
    const session = open()
    assert.equal(session.stat(path), badPath)
    assert.equal(session.read(path), badPath)
    assert.equal(session.list(path), badPath)
    assert.equal(session.write(path, bytes), badPath)
    assert.equal(session.makeFolder(path), badPath)
    assert.equal(session.remove(path), badPath)
    assert.equal(session.removeFolder(path, true), badPath)
    assert.deepEqual([session.changes(), session.writes()], [0, []])
  })
}

test('openFiles() takes names that only look odd', () => {
  const session = open()
  for (const path of ['/...', '/a/..b', '/__proto__', '/a b', '/ü', `/${'x'.repeat(1023)}`]) {
    assert.equal(session.write(path, bytes), 0)
    assert.deepEqual(session.read(path), bytes)
  }
})

test('writes() is net against the state before, sorted, each field once', () => {
  const session = open()
  session.write('/note', bytes)
  session.write('/note', Buffer.from('text')) // As before.
  session.write('/z', bytes)
  session.write('/z', Buffer.from('last'))
  session.write('/gone', bytes)
  session.remove('/gone')
  session.remove('/a/b')
  session.makeFolder('/a/f')
  assert.deepEqual(
    session.writes().map(({ object, field, value }) => [object, field, value && String(value)]),
    [
      ['/', 'z', 'last'],
      ['/a', 'b', null],
      ['/a', 'f/', ''],
    ],
  )
  assert.equal(session.changes(), 8)
})

test('writes() is in the order of UTF-8 bytes, not of UTF-16 units', () => {
  const session = open()
  session.write('/\u{1f600}', bytes)
  session.write('/\ufb00', bytes)
  assert.deepEqual(
    session.writes().map(({ field }) => field),
    ['\ufb00', '\u{1f600}'],
  )
  assert.deepEqual(session.list('/'), ['a/', 'note', '\ufb00', '\u{1f600}'])
})

test('removeFolder() removes all within when it is recursive', () => {
  const session = open()
  session.removeFolder('/a', true)
  assert.deepEqual(session.list('/'), ['note'])
  assert.equal(session.read('/a/deep/c'), notFound)
  assert.deepEqual(
    session.writes().map(({ object, field, value }) => [object, field, value]),
    [
      ['/', 'a/', null],
      ['/a', 'b', null],
      ['/a', 'deep/', null],
      ['/a/deep', 'c', null],
    ],
  )
})

test('write() throws a Trap when a call writes too much or too often', () => {
  const limits = { ...defaultLimits, writes: 2, writeBytes: 10 }
  const session = openFiles(memoryState(), limits)
  const other = openFiles(memoryState(), limits)
  const isTrap = (limit: string) => (error: unknown) =>
    error instanceof Trap && error.limit === limit
  assert.throws(() => other.write('/a', Buffer.alloc(11)), isTrap('writeBytes'))
  session.makeFolder('/b')
  session.makeFolder('/c')
  assert.throws(() => session.write('/a', bytes), isTrap('writes'))
})

test('writes() brings any state to what the session shows', () => {
  const path = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
  const kind = fc.constantFrom('write', 'makeFolder', 'remove', 'removeFolder')
  fc.assert(
    fc.property(fc.array(fc.tuple(kind, path, fc.string({ maxLength: 3 }))), (steps) => {
      const state = memoryState({ '/a/b/c': '1', '/b/a': '2', '/c': '3' })
      const session = openFiles(state, defaultLimits)
      for (const [operation, names, text] of steps) {
        const at = `/${names.join('/')}`
        if (operation === 'write') session.write(at, Buffer.from(text))
        else if (operation === 'makeFolder') session.makeFolder(at)
        else if (operation === 'remove') session.remove(at)
        else session.removeFolder(at, text.length > 1)
      }
      const shown = treeOf(session, '/')
      state.apply(session.writes())
      const after = openFiles(state, defaultLimits)
      assert.deepEqual(treeOf(after, '/'), shown)
    }),
    { numRuns: 200 },
  )
})

function treeOf(session: FileSession, path: string): unknown {
  const fields = session.list(path)
  assert.ok(typeof fields !== 'number')
  return fields.map((field) => {
    const at = path === '/' ? `/${field}` : `${path}/${field}`
    if (field.endsWith('/')) return [field, treeOf(session, at.slice(0, -1))]
    const value = session.read(at)
    assert.ok(value instanceof Uint8Array)
    return [field, Buffer.from(value).toString('hex')]
  })
}

const secret = Buffer.from('secret')

/** The state of `files`, with a value at "/gone" that was taken down. */
function withheldState(): FileSession {
  const { get, list } = memoryState({ ...files, '/gone': 'secret' })
  const state = {
    list,
    get: (object: string, field: string) => {
      if (field !== 'gone') return get(object, field)
      throw new SteleError('value_withheld', { object, field, hash: hash('sha256', secret) })
    },
  }
  return openFiles(state, defaultLimits)
}

const gone = { object: '/', field: 'gone' }
const overWithheld: readonly (readonly [string, (session: FileSession) => unknown, unknown])[] = [
  ['nothing', () => 0, []],
  ['written over', (s) => s.write('/gone', bytes), [{ ...gone, value: bytes }]],
  ['written as it was', (s) => s.write('/gone', secret), []],
  ['removed', (s) => s.remove('/gone'), [{ ...gone, value: null }]],
  ['listed', (s) => assert.ok(s.list('/').toString().includes('gone')), []],
  ['in the way of a folder', (s) => assert.equal(s.makeFolder('/gone'), exists), []],
]
for (const [what, run, writes] of overWithheld) {
  test(`writes() are net when a value that was taken down is ${what}`, () => {
    const session = withheldState()
    run(session)
    assert.deepEqual(session.writes(), writes)
  })
}

test('read() and stat() throw value_withheld when the value was taken down, but not once it is written over', () => {
  const session = withheldState()
  assert.throws(() => session.read('/gone'), { code: 'value_withheld' })
  assert.throws(() => session.stat('/gone'), { code: 'value_withheld' })
  session.write('/gone', bytes)
  assert.deepEqual(session.read('/gone'), bytes)
})
