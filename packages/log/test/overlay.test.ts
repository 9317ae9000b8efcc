import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Overlay } from '../src/overlay.ts'

const committed = new Map([
  ['a', '1'],
  ['b', '2'],
])
const reader = {
  get: (_object: string, field: string) => {
    const value = committed.get(field)
    return value === undefined ? undefined : Buffer.from(value)
  },
  list: () => [...committed.keys()],
}

test('list() and get() show the writes over what is committed, sorted by UTF-8 bytes', () => {
  const overlay = new Overlay(reader)
  const value = Buffer.from('new')
  overlay.apply([
    { object: '/', field: 'a', value: null },
    { object: '/', field: '\u{1f600}', value },
    { object: '/', field: '\uff5e', value },
    { object: '/other', field: 'c', value },
  ])
  assert.deepEqual(overlay.list('/'), ['b', '\uff5e', '\u{1f600}'])
  assert.equal(overlay.get('/', 'a'), undefined)
  assert.equal(String(overlay.get('/', 'b')), '2')
  assert.equal(overlay.get('/other', 'c'), value)
})

test('writes() gives each field once, with its last value', () => {
  const overlay = new Overlay(reader)
  overlay.apply([{ object: '/', field: 'a', value: Buffer.from('3') }])
  overlay.apply([{ object: '/', field: 'a', value: null }])
  assert.deepEqual([...overlay.writes()], [{ object: '/', field: 'a', value: null }])
})

test('get() throws value_withheld, and list() shows the field, when a row was there that nobody can read', () => {
  const overlay = new Overlay(reader)
  overlay.apply([
    { object: '/', field: 'a', value: null },
    { object: '/', field: 'secret', withheld: new Uint8Array(32) },
  ])
  assert.deepEqual(overlay.list('/'), ['b', 'secret'])
  assert.throws(() => overlay.get('/', 'secret'), { code: 'value_withheld' })
})
