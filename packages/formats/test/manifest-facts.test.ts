// The members that people read: one row one claim.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalizeFacts } from '../src/manifest-facts.ts'
import type { JsonObject } from '../src/public/json.ts'

const rows: readonly (readonly [claim: string, source: JsonObject, wanted: JsonObject])[] = [
  [
    'takes an author apart',
    { author: 'Ann B <a@example.com> (https://example.com)' },
    { author: { name: 'Ann B', email: 'a@example.com', url: 'https://example.com' } },
  ],
  ['takes a bare name', { author: 'Ann' }, { author: { name: 'Ann' } }],
  ['leaves an author that is an object', { author: { name: 'Ann' } }, {}],
  [
    'takes contributors and maintainers apart',
    { contributors: ['A', { name: 'B' }], maintainers: ['C <c@example.com>'] },
    {
      contributors: [{ name: 'A' }, { name: 'B' }],
      maintainers: [{ name: 'C', email: 'c@example.com' }],
    },
  ],
  [
    'makes an object of a repository',
    { repository: 'github:u/r' },
    { repository: { type: 'git', url: 'github:u/r' } },
  ],
  [
    'makes an object of bugs',
    { bugs: 'https://example.com/bugs' },
    { bugs: { url: 'https://example.com/bugs' } },
  ],
  [
    'sees a mail address in bugs',
    { bugs: 'bugs@example.com' },
    { bugs: { email: 'bugs@example.com' } },
  ],
  [
    'makes an object of funding',
    { funding: 'https://example.com' },
    { funding: { url: 'https://example.com' } },
  ],
  ['splits keywords', { keywords: 'a, b' }, { keywords: ['a', 'b'] }],
  ['drops keywords that are not texts', { keywords: ['a', 7, ''] }, { keywords: ['a'] }],
  ['empties a description that is no text', { description: {} }, { description: '' }],
  ['keeps a description', { description: 'x' }, {}],
]
for (const [claim, source, wanted] of rows) {
  test(`normalizeFacts() ${claim}`, () => assert.deepEqual(normalizeFacts(source), wanted))
}
