import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson, type JsonValue } from '@stele/formats/json'
import type { StateReader } from '../src/execution.ts'
import { changesScript, settingsInForce } from '../src/settings-in-force.ts'
import { logObject } from '../src/settings-rows.ts'

const [script, engine] = ['a'.repeat(128), 'b'.repeat(128)]
const rows = { script, engine, limits: { gas: 5 } }

test('settingsInForce() gives what the rows of the log say', () => {
  assert.deepEqual(settingsInForce(stateOf(rows)), rows)
})

for (const name of ['script', 'engine', 'limits'] as const) {
  test(`settingsInForce() throws entry_invalid when there is no ${name}`, () => {
    const { [name]: _missing, ...rest } = rows
    assert.throws(() => settingsInForce(stateOf(rest)), { code: 'entry_invalid' })
  })
}

test('changesScript() tells what decides what is run from the other rows', () => {
  const found = ['script', 'engine', 'limits', 'keys', 'roots'].filter((field) =>
    changesScript({ object: logObject, field }),
  )
  assert.deepEqual(found, ['script', 'engine', 'limits'])
  assert.equal(changesScript({ object: '/notes', field: 'script' }), false)
})

function stateOf(values: { readonly [name: string]: JsonValue }): StateReader {
  return {
    get: (object, field) => {
      const value = object === logObject ? values[field] : undefined
      return value === undefined ? undefined : Buffer.from(canonicalJson(value))
    },
    list: () => [],
  }
}
