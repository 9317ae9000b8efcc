import assert from 'node:assert/strict'
import type { LookupAddress, lookup } from 'node:dns'
import { suite, test } from 'node:test'
import { createLookup } from '../src/lookup.ts'

const four: LookupAddress = { address: '192.0.2.1', family: 4 }
const six: LookupAddress = { address: '2001:db8::1', family: 6 }

suite('createLookup()', () => {
  /** A name server that has these addresses, or fails; and how often it was asked. */
  function made(answers: readonly (readonly LookupAddress[] | Error)[]) {
    let asked = 0
    const ask = (_: string, __: object, told: (...args: unknown[]) => void): void => {
      const answer = answers[Math.min(asked++, answers.length - 1)]
      if (answer instanceof Error) told(answer)
      else told(null, answer)
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Of its many forms this is the one that is used.
    const find = createLookup(ask as unknown as typeof lookup)
    const addresses = (host: string, options: object): Promise<unknown> =>
      new Promise((resolve, reject) =>
        find(host, options, (error, found, family) =>
          error === null ? resolve(family === undefined ? found : [found, family]) : reject(error),
        ),
      )
    return { addresses, asked: () => asked }
  }

  test('asks once for each host, whoever asks at the same time or later', async () => {
    const { addresses, asked } = made([[four, six]])
    const found = await Promise.all([1, 2, 3].map(() => addresses('h', { all: true })))
    assert.deepEqual(found, [
      [four, six],
      [four, six],
      [four, six],
    ])
    assert.deepEqual(await addresses('h', {}), ['192.0.2.1', 4])
    assert.equal(asked(), 1)
    await addresses('other', { all: true })
    assert.equal(asked(), 2)
  })

  test('gives addresses of the family that is wanted', async () => {
    const { addresses } = made([[four, six]])
    assert.deepEqual(await addresses('h', { all: true, family: 6 }), [six])
    assert.deepEqual(await addresses('h', { family: 'IPv4' }), ['192.0.2.1', 4])
  })

  test('throws ENOTFOUND when there is none of that family', async () => {
    const { addresses } = made([[four]])
    await assert.rejects(addresses('h', { family: 6 }), { code: 'ENOTFOUND' })
  })

  test('asks again after a failure', async () => {
    const { addresses, asked } = made([new Error('SERVFAIL'), [four]])
    await assert.rejects(addresses('h', {}), /SERVFAIL/)
    assert.deepEqual(await addresses('h', {}), ['192.0.2.1', 4])
    assert.equal(asked(), 2)
  })
})
