import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultOf } from './memory-state.ts'

const constants: readonly [expression: string, value: unknown][] = [
  ['Date.now()', 1_795_000_000_123],
  ['new Date().toISOString()', '2026-11-18T11:06:40.123Z'],
  ['new Date(2020, 0, 1).getTime()', 1_577_836_800_000],
  ['new Date(2020, 6, 1).getTimezoneOffset()', 0],
  ['new Date(0).toString()', 'Thu Jan 01 1970 00:00:00 GMT+0000'],
  ['new Date(0).toLocaleString()', '01/01/1970, 12:00:00 AM'],
  ['typeof navigator + typeof process + typeof performance', 'undefinedundefinedundefined'],
  ['typeof Atomics + typeof require + typeof fetch', 'undefinedundefinedundefined'],
]
for (const [expression, value] of constants) {
  test(`importsByName() lets nothing of the machine in: ${expression}`, () => {
    assert.deepEqual(resultOf(`() => ${expression}`), value)
  })
}
