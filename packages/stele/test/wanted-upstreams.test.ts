// Upstreams as an operator writes them: what is taken, and what is refused in words.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { upstreamSection } from '@stele/upstream'
import { loadSettings, type Settings } from '../src/settings/load.ts'
import { unusedSettings } from '../src/upstream/wanted-upstreams.ts'

const [one, two] = ['https://one.example', 'https://two.example']

function load(flags: { readonly [name: string]: unknown }): Settings {
  const texts = Object.entries(flags).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  return loadSettings({ flags: Object.fromEntries(texts), environment: {}, file: undefined })
}

// what the operator says, how it is refused
const refused: readonly (readonly [string, { readonly [name: string]: unknown }, RegExp])[] = [
  ['a mistyped "npm"', { upstream: 'npmm' }, /^--upstream "npmm": must be .*, or "npm"$/],
  [
    'a mistyped "npm" in the list',
    { upstreams: [{ id: 'a', url: 'nmp' }] },
    /^--upstreams "nmp": must be .*, or "npm"$/,
  ],
  [
    'credentials in an address, which it does not repeat',
    { upstream: 'https://me:secret@one.example' },
    /^--upstream "https:\/\/(?!.*secret).*: must be an address without credentials; a token is given as "token"/,
  ],
  [
    'two with one id',
    {
      upstreams: [
        { id: 'a', url: one, scopes: ['@a'] },
        { id: 'a', url: two, scopes: ['@b'] },
      ],
    },
    /upstreams\[1\]\.id "a" .*: must be an id that no other upstream has/,
  ],
  [
    'two for one scope',
    {
      upstreams: [
        { id: 'a', url: one, scopes: ['@x', '@s'] },
        { id: 'b', url: two, scopes: ['@s', '@y'] },
      ],
    },
    /upstreams\[1\]\.scopes \["@s","@y"\] .*: must be without "@s", which "a" is asked for/,
  ],
  [
    'two for everything else',
    {
      upstreams: [
        { id: 'a', url: one },
        { id: 'b', url: two },
      ],
    },
    /upstreams\[1\]\.scopes \[\] .*: must be the scopes that "b" is asked for: only one can be asked for everything else, and "a" is/,
  ],
  [
    'one in short beside one of the list for everything else',
    { upstream: two, upstreams: [{ id: 'a', url: one }] },
    /upstream "https:\/\/two.example" .*: must be left out: "a" is asked for everything already/,
  ],
  [
    'a token that is a variable',
    { upstreams: [{ id: 'a', url: one, token: '${WORK_TOKEN}' }] },
    /^--upstreams "\$\{WORK_TOKEN\}": must be the token itself: variables are not filled in here.* STELE_UPSTREAMS/,
  ],
  [
    'a token with spaces, which it does not repeat',
    { upstreams: [{ id: 'a', url: one, token: 'Bearer secret' }] },
    /^(?!.*secret)--upstreams "…": must be the token itself, without spaces$/,
  ],
  [
    'a minimum age that was meant as days',
    { upstream: one, 'upstream-minimum-age-ms': 3 },
    /^--upstream-minimum-age-ms "3": must be 0, or an age .* such as "3 d"$/,
  ],
  [
    'a minimum age under a minute',
    { upstream: one, 'upstream-minimum-age-ms': '59 s' },
    /such as "3 d"$/,
  ],
  [
    'a star as a blocked name',
    { upstream: one, 'upstream-blocked': '*' },
    /a scope as "@team\/\*"/,
  ],
  [
    'the registry itself',
    { upstream: 'http://localhost:4873' },
    /must be the address of another registry/,
  ],
]
for (const [what, flags, message] of refused) {
  test(`loadSettings() refuses ${what}`, () => {
    assert.throws(
      () => load(flags),
      (error) => {
        assert.ok(isSteleError(error, 'setting_invalid'), String(error))
        assert.match(error.message, message)
        return true
      },
    )
  })
}

const taken: readonly (readonly [string, { readonly [name: string]: unknown }])[] = [
  ['"npm" in short', { upstream: 'npm' }],
  ['no minimum age', { upstream: one, 'upstream-minimum-age-ms': 0 }],
  ['a minimum age of a minute', { upstream: one, 'upstream-minimum-age-ms': '1 min' }],
  ['a minimum age in days', { upstream: one, 'upstream-minimum-age-ms': '3 d' }],
  ['a blocked scope', { upstream: one, 'upstream-blocked': '@bad/*' }],
  ['a token with a dollar sign', { upstreams: [{ id: 'a', url: one, token: 'a$b' }] }],
  ['"npm" in the list', { upstreams: [{ id: 'all', url: 'npm' }] }],
  [
    'one in short beside one for a scope',
    { upstream: 'npm', upstreams: [{ id: 'a', url: one, scopes: ['@s'] }] },
  ],
  [
    'one address for two scopes with a token each',
    {
      upstreams: [
        { id: 'a', url: one, scopes: ['@a'], token: 'x' },
        { id: 'b', url: one, scopes: ['@b'], token: 'y' },
      ],
    },
  ],
]
for (const [what, flags] of taken) {
  test(`loadSettings() takes ${what}`, () => assert.doesNotThrow(() => load(flags)))
}

// what the operator says, what of it does nothing
const unused: readonly (readonly [{ readonly [name: string]: unknown }, readonly string[]])[] = [
  [{}, []],
  [{ 'upstream-blocked': 'lib' }, ['upstreamBlocked']],
  [{ 'upstream-minimum-age-ms': '3 d', 'upstream-blocked': [] }, ['upstreamMinimumAgeMs']],
  [{ upstream: one, 'upstream-blocked': 'lib', 'upstream-minimum-age-ms': '3 d' }, []],
  [{ upstreams: [{ id: 'a', url: one, scopes: ['@a'] }], 'upstream-blocked': 'lib' }, []],
]
for (const [flags, wanted] of unused) {
  test(`unusedSettings() names [${wanted.join()}] of ${JSON.stringify(flags)}`, () => {
    assert.deepEqual(unusedSettings(load(flags).read(upstreamSection)), wanted)
  })
}
