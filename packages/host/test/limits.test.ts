import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { defaultLimits, parseLimits } from '../src/v1/limits.ts'

test('parseLimits() fills in the defaults', () => {
  assert.deepEqual(parseLimits({}), defaultLimits)
  assert.deepEqual(parseLimits({ gas: 7 }), { ...defaultLimits, gas: 7 })
})

const refused: readonly [JsonValue, RegExp][] = [
  [null, /not an object/],
  [[], /not an object/],
  [{ speed: 1 }, /"speed" is not known/],
  [{ toString: 1 }, /"toString" is not known/],
  [{ gas: 0 }, /"gas" is not a whole number/],
  [{ gas: 1.5 }, /"gas"/],
  [{ gas: '7' }, /"gas"/],
  [{ gas: 2 ** 53 }, /"gas"/],
  [{ memory: 1000 }, /from 16777216 to/],
  [{ memory: 2 ** 32 }, /"memory"/],
  [{ stack: 1000 }, /"stack"/],
  [{ writeBytes: 64 * 1024 * 1024 }, /"writeBytes" is not a whole number from 1 to 33554432/],
  [{ resultBytes: 2 * 1024 * 1024 }, /"resultBytes"/],
]
for (const [limits, message] of refused) {
  test(`parseLimits() throws limits_invalid when given ${JSON.stringify(limits)}`, () => {
    assert.throws(
      () => parseLimits(limits),
      (error) => isSteleError(error, 'limits_invalid') && message.test(error.message),
    )
  })
}
