// Searches of the views: any text, what comes first, pages.
import assert from 'node:assert/strict'
import test from 'node:test'
import type { ViewWrite } from '@stele/registry'
import type { SearchPage } from '@stele/registry/reading'
import { maxRankedMatches } from '../src/limits.ts'
import { applyViewWrites } from '../src/view-writes.ts'
import { library, open, page, published } from './view-world.ts'

test('search() finds the packages of a maintainer, with words or without', () => {
  const own = (name: string, isOwner = true): ViewWrite => ({
    kind: 'owner',
    name,
    account: 'alice',
    isOwner,
  })
  const { views } = open(
    [...published(1, { name: 'left' }), own('left')],
    [...published(2, { name: 'right' }), own('right')],
    [...published(3, { name: 'left-bob' })],
    [...published(4, { name: 'former' }), own('former'), own('former', false)],
  )
  const find = (terms: Partial<SearchPage>): readonly string[] => {
    const { total, found } = views.search({ ...page, maintainer: 'alice', ...terms })
    assert.equal(total, found.length)
    return found.map(({ name }) => name)
  }
  assert.deepEqual(find({}), ['left', 'right'])
  assert.deepEqual(find({ words: ['left'] }), ['left'])
  assert.deepEqual(find({ maintainer: 'bob' }), [])
})

const searches: readonly [what: string, asked: Partial<SearchPage>, found: readonly string[]][] = [
  ['nothing is asked', {}, ['@team/padding', 'JSONStream', 'left-pad', 'other', 'pad']],
  [
    'a name is asked exactly',
    { exact: 'pad', words: ['pad'] },
    ['pad', 'left-pad', '@team/padding', 'other'],
  ],
  ['a name is asked in one word', { exact: 'leftpad', words: ['leftpad'] }, ['left-pad', 'pad']],
  ['a name is asked by its beginning', { words: ['jsons'] }, ['JSONStream']],
  ['two words must match', { words: ['pad', 'left'] }, ['left-pad', 'pad']],
  ['accents are left out', { words: ['grosse'] }, []],
  ['marks are left out', { words: ['fur'] }, ['@team/padding']],
  ['a keyword is asked', { keywords: ['text'] }, ['left-pad']],
  ['a scope is asked', { scope: '@team' }, ['@team/padding']],
  ['a scope and a word are asked', { scope: '@team', words: ['left'] }, []],
  ['half a scope is asked', { scope: '@tea' }, []],
  ['operators of the index are words', { words: ['near', 'or'] }, []],
]
for (const [what, asked, found] of searches) {
  test(`search() finds ${JSON.stringify(found)} when ${what}`, () => {
    const { views } = open(...library)
    const answer = views.search({ ...page, ...asked })
    const names = answer.found.map(({ name }) => name)
    assert.deepEqual(new Set(names), new Set(found))
    assert.equal(names[0], found[0])
    assert.equal(answer.total, found.length)
  })
}

test('search() finds a package by its newest description only, and no more when it is gone', () => {
  const { db, views } = open(
    published(1, { name: 'p', description: 'apple' }),
    published(2, { name: 'p', version: '1.1.0', description: 'pear' }),
  )
  const count = (word: string): number => views.search({ ...page, words: [word] }).total
  assert.deepEqual([count('apple'), count('pear')], [0, 1])
  applyViewWrites(db, [
    { kind: 'gone', name: 'p', version: '1.0.0' },
    { kind: 'gone', name: 'p', version: '1.1.0' },
    { kind: 'latest', name: 'p', version: null },
  ])
  assert.deepEqual([count('apple'), count('pear')], [0, 0])
  assert.equal(views.search(page).total, 0)
  applyViewWrites(db, published(3, { name: 'p', version: '2.0.0', description: 'apple' }))
  assert.deepEqual([count('apple'), count('pear')], [1, 0])
})

test('search() finds a package by its newest keywords when the description stays', () => {
  const { views } = open(
    published(1, { name: 'p', description: 'apple', keywords: ['red'] }),
    published(2, { name: 'p', version: '1.1.0', description: 'apple', keywords: ['green'] }),
    published(3, { name: 'p', version: '1.2.0', description: 'apple', keywords: ['green'] }),
  )
  const count = (word: string): number => views.search({ ...page, words: [word] }).total
  assert.deepEqual(['apple', 'red', 'green', 'p'].map(count), [1, 0, 1, 1])
})

test('search() pages without gaps or repeats when results are many', () => {
  const names = Array.from({ length: 100 }, (_, index) => `thing-${index}`)
  const { views } = open(...names.map((name, index) => published(index + 1, { name })))
  for (const words of [[], ['thing']]) {
    const found: string[] = []
    for (let from = 0; from < 105; from += 7) {
      found.push(...views.search({ ...page, words, from, size: 7 }).found.map(({ name }) => name))
    }
    assert.equal(found.length, 100)
    assert.deepEqual(new Set(found), new Set(names))
  }
})

/** More packages than are ranked: every third has the word in its name, every second in its description alone. */
function crowd(): readonly (readonly ViewWrite[])[] {
  const count = 3 * maxRankedMatches
  return Array.from({ length: count }, (_, at): readonly ViewWrite[] => {
    const name = at % 3 === 0 ? `@s/thing-${count - at}` : `other-${count - at}`
    return published(at + 1, { name, description: 'a thing', keywords: ['kind'] })
  })
}

const many: readonly [what: string, asked: Partial<SearchPage>, first: readonly string[]][] = [
  [
    'one is named exactly',
    { exact: '@s/thing-3', words: ['thing'] },
    ['@s/thing-3', '@s/thing-1500'],
  ],
  ['none is', { exact: 'thing', words: ['thing'] }, ['@s/thing-1500', '@s/thing-1497']],
  [
    'the exact one is of the others',
    { exact: 'other-1', words: ['thing'] },
    ['other-1', '@s/thing-1500'],
  ],
  ['keywords alone are asked', { keywords: ['kind'] }, ['@s/thing-1500', 'other-1499']],
  ['both are', { words: ['thing'], keywords: ['kind'] }, ['@s/thing-1500', '@s/thing-1497']],
]
test('search() has names first when too many match to be ranked, and each of them once', async (t) => {
  const { views } = open(...crowd())
  for (const [what, asked, first] of many) {
    await t.test(what, () => {
      const found: string[] = []
      for (let from = 0; from < 1_600; from += 220) {
        const { total, found: some } = views.search({ ...page, ...asked, from, size: 220 })
        assert.equal(total, 1_500)
        found.push(...some.map(({ name }) => name))
      }
      assert.deepEqual(found.slice(0, 2), first)
      assert.deepEqual([found.length, new Set(found).size], [1_500, 1_500])
      if (asked.words === undefined) return
      const named = found.map((name) => name.startsWith('@s/')).slice(1)
      assert.equal(named.lastIndexOf(true) < 500, true)
    })
  }
  const { total, found } = views.search({ ...page, scope: '@s', words: ['thing'], size: 3 })
  assert.deepEqual([total, found.length], [500, 3])
})

test('search() never throws when summaries hold other things than texts', () => {
  const { views } = open(
    published(1, { name: 'p', keywords: [1, { a: 1 }] as never, description: [] as never }),
    published(2, { name: 'q', keywords: 'one, two' as never }),
  )
  assert.deepEqual(views.search({ ...page, keywords: ['two'] }).found, [
    { name: 'q', version: '1.0.0' },
  ])
})
