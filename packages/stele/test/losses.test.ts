// What an operator reads before a name, or a scope, of an upstream is reserved.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatLosses } from '../src/commands/losses.ts'
import { createReached } from '../src/services/registry/reached.ts'

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

/** Over those fields; of every package these versions are missing, and cannot be had. Undefined: no upstream was ever asked. */
function reachedOf(missing: readonly string[] | undefined): ReturnType<typeof createReached> {
  const state: Parameters<typeof createReached>[0] = {
    get: (object, field) => {
      const value = fields[`${object}/${field}`]
      return value === undefined ? undefined : Buffer.from(value)
    },
    list: (object) => {
      const below = Object.keys(fields).filter((path) => path.startsWith(`${object}/`))
      const names = below.map((path) => path.slice(object.length + 1).replace(/\/.*/, '/'))
      return [...new Set(names)]
    },
  }
  return createReached(
    state,
    (name) => (name === 'b0' ? Buffer.from(chunk) : undefined),
    missing && {
      findMissing: async () => missing,
      fetchMissing: async () => missing.map((version) => ({ version, reason: 'it is down' })),
    },
  )
}

const { find } = reachedOf([])
const cautious = { losesMissing: false }

suite('stele reserve add', () => {
  test('find() finds what the log knows of a name, with what was installed and what was only seen', async () => {
    assert.deepEqual(await find('left-pad'), [
      { name: 'left-pad', upstream: 'up', chosen: ['1.0.0'], missing: [], unchosen: 2 },
    ])
    assert.deepEqual([...(await find('own')), ...(await find('never-seen'))], [])
  })

  test('find() finds the packages of upstreams in a scope, and no others', async () => {
    const names = (await find('@s/*')).map(({ name, upstream }) => [name, upstream])
    assert.deepEqual(names, [
      ['@s/a', 'up'],
      ['@s/b', 'other'],
    ])
  })

  for (const [title, missing, reason] of [
    ['was installed and is not here', ['1.0.0'], 'it is down'],
    ['was installed, where no upstream was ever asked here', undefined, 'no upstream is asked'],
  ] as const) {
    test(`find() tells what ${title}, and fetchMissing() what of it cannot be had`, async () => {
      const reached = reachedOf(missing)
      assert.deepEqual((await reached.find('left-pad'))[0]?.missing, ['1.0.0'])
      assert.deepEqual(await reached.fetchMissing('left-pad'), [{ version: '1.0.0', reason }])
      for (const pattern of ['own', 'never-seen', '@s/*']) {
        assert.deepEqual(await reached.fetchMissing(pattern), [])
      }
    })
  }

  test('formatLosses() says which tarballs are fetched first, and what becomes of those that cannot be had', async () => {
    const found = await reachedOf(['1.0.0']).find('left-pad')
    const [careful, careless] = [false, true].map((losesMissing) =>
      formatLosses('left-pad', found, { losesMissing }).join('\n'),
    )
    const fetched =
      'The tarball of one of these is not here now, and fetched from "up" first: 1.0.0'
    assert.ok(careful?.includes(`${fetched}. If it does not give them, nothing is reserved`))
    assert.ok(careless?.includes(`${fetched}. What it does not give is lost`))
  })

  test('formatLosses() says what stays of a name, what goes, and that there is no way back', async () => {
    const text = formatLosses('left-pad', await find('left-pad'), cautious).join('\n')
    assert.match(text, /^"left-pad" belongs to the upstream "up".*there is no way back\n/)
    assert.match(text, /^One version that was installed from here stays: 1\.0\.0$/m)
    assert.match(text, /^2 versions that nobody installed from here will be gone for clients$/m)
  })

  test('formatLosses() says how a scope is given back', async () => {
    const text = formatLosses('@s/*', await find('@s/*'), cautious).join('\n')
    assert.match(text, /^2 packages of the upstreams "up", "other" are in "@s\/\*": @s\/a, @s\/b\n/)
    assert.match(text, /"stele reserve remove '@s\/\*'" brings them back$/m)
  })
})
