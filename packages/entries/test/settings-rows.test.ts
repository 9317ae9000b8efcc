import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue } from '@stele/formats/json'
import type { StateReader } from '../src/execution.ts'
import {
  changedRows,
  checkSettings,
  logObject,
  readLogRow,
  rootsIn,
  settingsRows,
} from '../src/settings-rows.ts'

/** A state that holds these settings. */
function stateOf(settings: { readonly [name: string]: JsonValue }): StateReader {
  const rows = settingsRows(settings)
  return {
    get: (object, name) =>
      rows.find((row) => row.object === object && row.field === name)?.value ?? undefined,
    list: () => [],
  }
}

test('settingsRows() writes what readLogRow() reads', () => {
  const state = stateOf({ limits: { gas: 5 }, keys: ['k'] })
  assert.deepEqual(readLogRow(state, 'limits'), { gas: 5 })
  assert.deepEqual(readLogRow(state, 'keys'), ['k'])
  assert.equal(readLogRow(state, 'script'), undefined)
})

test('changedRows() gives those rows alone that the state does not hold already', () => {
  const rows = settingsRows({ limits: { gas: 5 }, keys: ['k'], policy: '' })
  const changed = changedRows(rows, stateOf({ limits: { gas: 5 }, keys: ['other'] }))
  assert.deepEqual(
    changed.map(({ object, field }) => [object, field]),
    [
      [logObject, 'keys'],
      [logObject, 'policy'],
    ],
  )
})

test('rootsIn() throws entry_invalid when the state has no roots', () => {
  assert.throws(() => rootsIn(stateOf({})), { code: 'entry_invalid' })
})

const settings: readonly (readonly [name: string, good: JsonValue, bad: JsonValue])[] = [
  ['script', 'a'.repeat(128), 'a'.repeat(127)],
  ['engine', '0'.repeat(128), 'A'.repeat(128)],
  ['limits', { gas: 1 }, { gas: 'much' }],
  ['keys', ['k'], [1]],
  ['policy', 'quorum none', null],
  ['upstreams', {}, []],
  ['roots', { keys: ['k'], threshold: 1 }, { keys: ['k'], threshold: 2 }],
]
for (const [name, good, bad] of settings) {
  test(`checkSettings() throws entry_invalid when "${name}" is not in its form`, () => {
    checkSettings({ [name]: good })
    assert.throws(() => checkSettings({ [name]: bad }), { code: 'entry_invalid' })
  })
}
