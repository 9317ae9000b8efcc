import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { parseRegistryUrl, verify } from '../src/commands/verify.ts'

const good: readonly (readonly [text: string, url: string])[] = [
  ['registry.example', 'https://registry.example'],
  ['registry.example:8443/team-a/', 'https://registry.example:8443/team-a'],
  ['localhost:4873', 'http://localhost:4873'],
  ['127.0.0.1:4873/', 'http://127.0.0.1:4873'],
  ['[::1]:4873', 'http://[::1]:4873'],
  ['http://registry.example', 'http://registry.example'],
  ['https://localhost:4873', 'https://localhost:4873'],
  ['http://registry.example/npm/-/log/', 'http://registry.example/npm'],
]
const bad = ['', 'ftp://registry.example', 'https://a:b@registry.example', 'x?y', 'x#y', 'http://']

suite('parseRegistryUrl()', () => {
  for (const [text, url] of good) {
    test(`parseRegistryUrl() gives ${url} when "${text}" is typed`, () => {
      assert.equal(parseRegistryUrl(text), url)
    })
  }
  for (const text of bad) {
    test(`parseRegistryUrl() throws usage_wrong when "${text}" is typed`, () => {
      assert.throws(
        () => parseRegistryUrl(text),
        (error) => isSteleError(error, 'usage_wrong'),
      )
    })
  }
})

suite('verify', () => {
  test('verify throws usage_wrong when there is not one address', async () => {
    const input = {
      options: {},
      isTerminal: false,
      terminal: undefined,
      readInput: async () => '',
      environment: {},
      main: new URL('file:///none'),
    }
    const stop = new AbortController().signal
    for (const positionals of [[], ['a', 'b']]) {
      await assert.rejects(verify.run({ ...input, positionals, stop }), (error: unknown) =>
        isSteleError(error, 'usage_wrong'),
      )
    }
  })
})
