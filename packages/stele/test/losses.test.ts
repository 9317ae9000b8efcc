// What an operator reads before a name, or a scope, of an upstream is reserved.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatLosses } from '../src/commands/losses.ts'
import { createFindReached } from '../src/services/registry/reached.ts'

const chunk = '1.0.0 sha512-a 0a\n1.1.0 sha512-b 0b\n2.0.0 sha512-c 0c\n'
const fields: { readonly [path: string]: string } = {
  '/packages/left-pad/origin': 'up',
  '/packages/left-pad/seen/00000000': 'b0',
  '/packages/left-pad/versions/1.0.0': '{}',
  '/packages/own/origin': 'hosted',
  '/packages/@s%2Fa/origin': 'up',
  '/packages/@s%2Fb/origin': 'other',
  '/packages/@s%2Fc/origin': 'hosted',
  '/packages/@sx%2Fa/origin': 'up',
}

const findReached = createFindReached(
  {
    get: (object, field) => {
      const value = fields[`${object}/${field}`]
      return value === undefined ? undefined : Buffer.from(value)
    },
    list: (object) => {
      const below = Object.keys(fields).filter((path) => path.startsWith(`${object}/`))
      const names = below.map((path) => path.slice(object.length + 1).replace(/\/.*/, '/'))
      return [...new Set(names)]
    },
  },
  (name) => (name === 'b0' ? Buffer.from(chunk) : undefined),
)

suite('stele reserve add', () => {
  test('findReached() finds what the log knows of a name, with what was installed and what was only seen', () => {
    assert.deepEqual(findReached('left-pad'), [
      { name: 'left-pad', upstream: 'up', chosen: ['1.0.0'], unchosen: 2 },
    ])
    assert.deepEqual([...findReached('own'), ...findReached('never-seen')], [])
  })

  test('findReached() finds the packages of upstreams in a scope, and no others', () => {
    const names = findReached('@s/*').map(({ name, upstream }) => [name, upstream])
    assert.deepEqual(names, [
      ['@s/a', 'up'],
      ['@s/b', 'other'],
    ])
  })

  test('formatLosses() says what stays of a name, what goes, and that there is no way back', () => {
    const text = formatLosses('left-pad', findReached('left-pad')).join('\n')
    assert.match(text, /^"left-pad" belongs to the upstream "up".*there is no way back\n/)
    assert.match(text, /^One version that was installed from here stays: 1\.0\.0$/m)
    assert.match(text, /^2 versions that nobody installed from here will be gone for clients$/m)
  })

  test('formatLosses() says how a scope is given back', () => {
    const text = formatLosses('@s/*', findReached('@s/*')).join('\n')
    assert.match(text, /^2 packages of the upstreams "up", "other" are in "@s\/\*": @s\/a, @s\/b\n/)
    assert.match(text, /"stele reserve remove '@s\/\*'" brings them back$/m)
  })
})
