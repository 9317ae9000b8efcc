// Code that a person types: what it gives, with and without await.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runTyped, trackCalls } from '../src/commands/typed-code.ts'

type Calls = {
  readonly made: string[]
  readonly names: object
  readonly settled: () => Promise<void>
}

/** A client whose methods give what they are given, later; `boom` fails. */
function createCalls(): Calls {
  const made: string[] = []
  const { call, settled } = trackCalls(async (value: unknown) => {
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    if (value === 'boom') throw new RangeError('boom')
    made.push(String(value))
    return value
  })
  return { made, names: { client: { call } }, settled }
}

const given: readonly (readonly [code: string, value: unknown])[] = [
  ['client.call(1)', 1],
  ['await client.call(1)', 1],
  ['(await client.call("abc")).length', 3],
  ['const x = await client.call(1); x + 1', 2],
  ['const x = await client.call(1)\nx + 1;\n', 2],
  ['await client.call("a;b")', 'a;b'],
  ['const x = await client.call("a;b")', undefined],
  ['const x = await client.call(["a"])\n[0]', undefined], // Goes on with the line above.
  ['let n = 0; for (const i of [1, 2]) n += await client.call(i); n', 3],
  ['for (const i of [1, 2]) { await client.call(i) }', undefined],
  ['1 // await', 1],
  ['', undefined],
]

suite('runTyped()', () => {
  for (const [code, value] of given) {
    test(`runTyped() gives ${String(value)} for ${JSON.stringify(code)}`, async () => {
      assert.equal(await runTyped(code, createCalls()), value)
    })
  }

  for (const code of ['syntax error(', 'await client.call(', 'await']) {
    test(`runTyped() throws a SyntaxError for ${JSON.stringify(code)}`, async () => {
      await assert.rejects(runTyped(code, createCalls()), { name: /SyntaxError|ReferenceError/ })
    })
  }

  test('runTyped() ends when calls that nobody awaits are answered', async () => {
    const calls = createCalls()
    assert.equal(await runTyped('client.call(1); client.call(2).then(client.call); 3', calls), 3)
    assert.deepEqual(calls.made, ['1', '2', '2'])
  })

  test('runTyped() leaves a failure alone that the code has heard of', async () => {
    const code = 'client.call("boom").catch((error) => error.message)'
    assert.equal(await runTyped(code, createCalls()), 'boom')
  })

  test('runTyped() lets code read files', async () => {
    assert.equal(
      await runTyped("typeof require('node:fs').readFileSync", createCalls()),
      'function',
    )
  })
})
