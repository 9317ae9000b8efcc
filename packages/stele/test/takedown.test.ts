import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { takedown } from '../src/commands/takedown.ts'
import { parseAsk } from '../src/server/admin-ask.ts'
import { quietInput } from './command-input.ts'

/** Reasons are public for ever, and shown on terminals. */
const odd = ['asked for\nVerified: all', '\u001b[2J', '\u009b2J', 'a\u202eb', 'a\u2066b']

suite('the reason of a takedown', () => {
  for (const reason of odd) {
    const title = JSON.stringify(reason)

    test(`takedown throws usage_wrong when the reason is ${title}`, async () => {
      const input = {
        ...quietInput,
        positionals: ['3'],
        options: { part: 'body', reason, yes: true },
      }
      await assert.rejects(takedown.run(input), { code: 'usage_wrong', message: /one line/ })
    })

    test(`parseAsk() throws request_invalid when the reason is ${title}`, () => {
      const ask = { do: 'take_down', withhold: [{ entry: 3, part: 'body' }], reason }
      assert.throws(() => parseAsk(JSON.stringify(ask)), { code: 'request_invalid' })
    })
  }

  test('parseAsk() takes a reason of one line', () => {
    const ask = { do: 'take_down', withhold: [{ entry: 3, part: 'body' }], reason: 'asked for' }
    assert.deepEqual(parseAsk(JSON.stringify(ask)), ask)
  })
})
