// Queries taken apart, and the answer that clients read.
import assert from 'node:assert/strict'
import test from 'node:test'
import { parseSearch } from '../src/search.ts'
import { createWorld } from './world.ts'

const queries: readonly [text: string, terms: object][] = [
  ['', { exact: '', words: [], keywords: [] }],
  ['Left-Pad', { exact: 'left-pad', words: ['left', 'pad'], keywords: [] }],
  ['@s/p', { exact: '@s/p', words: ['s', 'p'], keywords: [] }],
  ['"a" OR b*', { exact: '"a" or b*', words: ['a', 'or', 'b'], keywords: [] }],
  ['keywords:x,y-z a', { exact: 'keywords:x,y-z a', words: ['a'], keywords: ['x', 'y', 'z'] }],
  ['scope:team a', { exact: 'scope:team a', words: ['a'], keywords: [], scope: '@team' }],
  ['scope:@team', { exact: 'scope:@team', words: [], keywords: [], scope: '@team' }],
  [
    'maintainer:alice a',
    { exact: 'maintainer:alice a', words: ['a'], keywords: [], maintainer: 'alice' },
  ],
  ['keywords:', { exact: 'keywords:', words: ['keywords'], keywords: [] }],
  ['author:x', { exact: 'author:x', words: ['author', 'x'], keywords: [] }],
  ['é 漢字 \u0301', { exact: 'é 漢字 \u0301', words: ['é', '漢字'], keywords: [] }],
  ['\ud800', { exact: '\ufffd', words: [], keywords: [] }],
]
for (const [text, terms] of queries) {
  test(`parseSearch() takes ${JSON.stringify(text)} apart`, () => {
    assert.deepEqual(parseSearch(text), terms)
  })
}

test('parseSearch() looks at 16 words of 512 characters when a query is long', () => {
  const { words, exact } = parseSearch('ab '.repeat(10_000))
  assert.equal(words.length, 16)
  assert.ok(exact.length <= 512)
})

test('search() answers as npm, pnpm and the pages read it when a package is found', async () => {
  const { registry, publish } = await createWorld()
  await publish('alice', {
    name: 'p',
    version: '1.0.0',
    description: 'pads',
    keywords: ['k'],
    homepage: 'https://p.example',
    repository: 'https://git.example/p',
    bugs: { url: 'https://bugs.example' },
  })
  const person = { username: 'alice', name: 'alice', email: '' }
  assert.deepEqual(await registry.search({ text: 'p' }), {
    objects: [
      {
        package: {
          name: 'p',
          version: '1.0.0',
          description: 'pads',
          keywords: ['k'],
          date: '2026-11-20T00:00:04.000Z',
          links: {
            homepage: 'https://p.example',
            repository: 'https://git.example/p',
            bugs: 'https://bugs.example',
          },
          publisher: person,
          maintainers: [person],
        },
        score: { final: 1, detail: { quality: 1, popularity: 1, maintenance: 1 } },
        searchScore: 1,
      },
    ],
    total: 1,
    time: '2026-11-20T00:00:04.000Z',
  })
})

test('search() finds what a maintainer owns', async () => {
  const { registry, publish } = await createWorld()
  await publish('alice', { name: 'a', version: '1.0.0' })
  await publish('bob', { name: 'b', version: '1.0.0' })
  const names = async (text: string): Promise<unknown[]> =>
    (await registry.search({ text })).objects.map((found) => found.package['name'])
  assert.deepEqual(await names('maintainer:alice'), ['a'])
  assert.deepEqual(await names('maintainer:bob'), ['b'])
  assert.deepEqual(await names('maintainer:carol'), [])
})

test('search() stays within its bounds when from and size are odd', async () => {
  const { registry, publish } = await createWorld()
  await publish('alice', { name: 'p', version: '1.0.0' })
  for (const [from, size, count] of [
    [0, 1e9, 1],
    [-5, 1, 1],
    [Number.NaN, 1, 1],
    [0, -1, 0],
    [1, 20, 0],
    [0.5, 1.5, 1],
  ] as const) {
    const answer = await registry.search({ text: '', from, size })
    assert.equal(answer.objects.length, count)
    assert.equal(answer.total, 1)
  }
})
