import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Packument, Release } from '@stele/resolve/graph'
import { createRefusal, type Policy, type Publications } from '../src/client/resolving/policies.ts'

const hourMs = 60 * 60 * 1000
const nowMs = Date.parse('2026-06-01T12:00:00Z')
const ago = (hours: number): string => new Date(nowMs - hours * hourMs).toISOString()
const policy: Policy = {
  nowMs,
  minimumAgeMs: 24 * hourMs,
  ageExcluded: [],
  isDowngradeRefused: true,
  trustExcluded: [],
  ownScopes: new Set(),
}
const release = (name: string, version: string, attestations?: object): Release => ({
  name,
  version,
  dist: { tarball: '', ...(attestations === undefined ? {} : { attestations }) },
})

type Row = {
  readonly what: string
  readonly name?: string
  readonly modified?: string
  readonly time?: Packument['time']
  readonly policy?: Partial<Policy>
  /** What the full packument tells; it must not be asked for where absent. */
  readonly published?: Publications['time']
  /** Another package names it exactly. */
  readonly isPinned?: boolean
  readonly refused: RegExp | undefined
}
const rows: readonly Row[] = [
  { what: 'an old packument, without a look at times', modified: ago(25), refused: undefined },
  {
    what: 'an old version of a packument that changed',
    modified: ago(1),
    published: { '1.0.0': ago(25) },
    refused: undefined,
  },
  {
    what: 'a version of an hour ago',
    modified: ago(1),
    published: { '1.0.0': ago(1.5) },
    refused: /^was published 1 hour ago$/,
  },
  {
    what: 'a young version, told by the packument itself',
    time: { '1.0.0': ago(0.2) },
    refused: /^was published less than an hour ago$/,
  },
  { what: 'an old version, told by the packument', time: { '1.0.0': ago(30) }, refused: undefined },
  {
    what: 'a version of which no time is told',
    modified: ago(1),
    published: {},
    refused: undefined,
  },
  {
    what: 'a version of which no time is told, where those of others are',
    modified: ago(1),
    published: { '0.9.0': ago(900) },
    refused: /^has no time of publication/,
  },
  {
    what: 'a version of which the packument tells the times of others alone',
    modified: ago(1),
    time: { '0.9.0': ago(900) },
    refused: /^has no time of publication/,
  },
  {
    what: 'a version with a time that is none',
    modified: ago(1),
    published: { '1.0.0': 'long ago' },
    refused: /^has no time of publication/,
  },
  {
    what: 'a version of the day after tomorrow',
    modified: ago(1),
    published: { '1.0.0': ago(-48) },
    refused: /^was published/,
  },
  {
    what: 'a version that came a little later than what names it exactly',
    modified: ago(1),
    published: { '1.0.0': ago(23.5) },
    isPinned: true,
    refused: undefined,
  },
  {
    what: 'a younger version though another package names it exactly',
    modified: ago(1),
    published: { '1.0.0': ago(22) },
    isPinned: true,
    refused: /22 hours ago/,
  },
  {
    what: 'a young version that is excluded by name',
    modified: ago(1),
    policy: { ageExcluded: ['p'] },
    refused: undefined,
  },
  {
    what: 'a young version that a pattern excludes',
    name: '@s/p',
    modified: ago(1),
    policy: { ageExcluded: ['@s/*'] },
    refused: undefined,
  },
  {
    what: 'a young version that is excluded by its number',
    modified: ago(1),
    policy: { ageExcluded: ['p@1.0.0 || 1.0.1'] },
    refused: undefined,
  },
  {
    what: 'a young version, another being excluded',
    modified: ago(1),
    published: { '1.0.0': ago(1) },
    policy: { ageExcluded: ['p@2.0.0', 'pp', 'x*'] },
    refused: /1 hour ago/,
  },
  {
    what: 'a young version of an own scope',
    name: '@own/p',
    modified: ago(1),
    policy: { ownScopes: new Set(['@own']) },
    refused: undefined,
  },
  {
    what: 'a young version where no age is wanted',
    modified: ago(1),
    policy: { minimumAgeMs: 0 },
    refused: undefined,
  },
  {
    what: 'what was published after a day that was set',
    modified: ago(100),
    published: { '1.0.0': ago(100) },
    policy: { beforeMs: nowMs - 200 * hourMs },
    refused: /^was published 4 days ago$/,
  },
]
for (const row of rows) {
  const { what, name = 'p', modified, time, published, isPinned = false, refused } = row
  test(`createRefusal() ${refused === undefined ? 'lets pass' : 'refuses'} ${what}`, async () => {
    const chosen = release(name, '1.0.0')
    const packument: Packument = {
      name,
      'dist-tags': {},
      versions: { '1.0.0': chosen },
      ...(modified === undefined ? {} : { modified }),
      ...(time === undefined ? {} : { time }),
    }
    const refuse = createRefusal({ ...policy, ...row.policy }, () => {
      assert.ok(published !== undefined, 'Nobody needs the full packument')
      return Promise.resolve({ time: published, isTrusted: () => false })
    })
    const reason = await refuse(packument, chosen, isPinned)
    if (refused === undefined) assert.equal(reason, undefined)
    else assert.match(reason ?? '', refused)
  })
}

/** 1.0.0 and 1.2.0 came from a trusted publisher, 1.1.0 and 1.3.0 from a person. */
const attested = {}
const versions = {
  '1.0.0': release('p', '1.0.0', attested),
  '1.1.0': release('p', '1.1.0'),
  '1.2.0': release('p', '1.2.0', attested),
  '1.3.0': release('p', '1.3.0'),
}
const published: Publications = {
  time: {
    '0.9.0': ago(900),
    '1.0.0': ago(800),
    '1.1.0': ago(500),
    '1.2.0': ago(400),
    '1.3.0': ago(300),
  },
  isTrusted: (version) => version === '1.0.0' || version === '1.2.0',
}
const trustRows: readonly (readonly [
  what: string,
  version: keyof typeof versions,
  more: Partial<Policy>,
  refused: RegExp | undefined,
])[] = [
  ['a trusted version', '1.2.0', {}, undefined],
  [
    'a version of a person after one of a trusted publisher',
    '1.3.0',
    {},
    /^was published by a person, and 1\.2\.0 before it by a trusted publisher$/,
  ],
  ['it also where a person published one in between', '1.1.0', {}, /and 1\.0\.0 before it/],
  ['it where that is allowed', '1.3.0', { isDowngradeRefused: false }, undefined],
  ['it where the package is excluded', '1.3.0', { trustExcluded: ['p'] }, undefined],
  ['it when it has been there for a month', '1.3.0', { nowMs: nowMs + 720 * hourMs }, undefined],
]
for (const [what, version, more, refused] of trustRows) {
  test(`createRefusal() ${refused === undefined ? 'lets pass' : 'refuses'} ${what}`, async () => {
    const packument = { name: 'p', 'dist-tags': {}, versions, modified: ago(300) }
    const refuse = createRefusal({ ...policy, ...more }, () => Promise.resolve(published))
    const reason = await refuse(packument, versions[version])
    if (refused === undefined) assert.equal(reason, undefined)
    else assert.match(reason ?? '', refused)
  })
}
