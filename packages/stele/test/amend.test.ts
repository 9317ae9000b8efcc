// What "stele amend" shows of a change, and when it does not make it.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { amend } from '../src/commands/amend.ts'
import { quietInput } from './command-input.ts'

suite('stele amend', () => {
  for (const positionals of [[], ['a'], ['@s/a'], ['a@1.0.0', 'b@1.0.0'], ['@1.0.0']]) {
    test(`amend asks for name@version when it is given ${JSON.stringify(positionals)}`, async () => {
      await assert.rejects(amend.run({ ...quietInput, positionals }), (error) =>
        isSteleError(error, 'usage_wrong'),
      )
    })
  }

  test('amend shows each member that changes', () => {
    const text = amend.view({ spec: 'a@1.0.0', changes: ['  os: nothing becomes ["linux"]'] })
    assert.equal(text, 'Amended a@1.0.0:\n  os: nothing becomes ["linux"]')
  })
})
