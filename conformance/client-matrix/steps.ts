// What people do with a registry, in this order, with every client that has a command for it.
import assert from 'node:assert/strict'
import { alien, app, extra, left, right, taken } from './packages.ts'
import { type Step, step } from './step.ts'
import { answers, isStored, says } from './stored.ts'

const latest = { tag: 'latest' }
const tags = (packument: Readonly<Record<string, unknown>>): unknown => packument['dist-tags']
const latestOf = (packument: Readonly<Record<string, unknown>>): unknown =>
  Object(tags(packument))['latest']
const owners = (packument: Readonly<Record<string, unknown>>): unknown =>
  Object.values(Object(packument['maintainers'])).map((one) => Object(one).name)
const deprecation = (packument: Readonly<Record<string, unknown>>): unknown =>
  Object(packument['versions'])['1.0.0']?.deprecated
const users = (packument: Readonly<Record<string, unknown>>): unknown => packument['users']
const message = 'Use 1.1 "instead" ü'
const first = ['{left}@1.0.0', '{right}@1.0.0', '{extra}@1.0.0']
const second = ['{left}@1.1.0', '{right}@1.0.0', '{extra}@1.0.0']
const wanted = app({ '{right}': '^1.0.0', '{left}': '^1.0.0' })

const publishing: readonly Step[] = [
  step('whoami names the account', 'whoami', { shows: ['{user}'] }),
  step('ping is answered', 'ping'),
  step('publish stores a package with a bin', 'publish', {
    in: 'left',
    files: left('1.0.0'),
    with: { ...latest, version: '1.0.0' },
    check: isStored('{left}@1.0.0'),
  }),
  step('publish stores what others may have', 'publish', {
    in: 'extra',
    files: extra,
    with: { ...latest, version: '1.0.0' },
    check: isStored('{extra}@1.0.0'),
  }),
  step('publish stores what cannot be installed here', 'publish', {
    in: 'alien',
    files: alien,
    with: { ...latest, version: '1.0.0' },
    check: isStored('{alien}@1.0.0'),
  }),
  step('publish stores a scoped package that depends on them', 'publish', {
    in: 'right',
    files: right,
    with: { ...latest, version: '1.0.0' },
    check: isStored('{right}@1.0.0'),
  }),
]

const installing: readonly Step[] = [
  step('install brings packages, dependencies and optional ones', 'install', {
    in: 'app',
    files: wanted,
    tree: first,
  }),
  step('publish of a newer version moves latest', 'publish', {
    in: 'left',
    files: left('1.1.0'),
    with: { ...latest, version: '1.1.0' },
    check: isStored('{left}@1.1.0'),
  }),
  step('a frozen install brings what is locked, into a home without a cache', 'frozen', {
    in: 'app',
    without: ['node_modules'],
    home: 'fresh',
    tree: first,
  }),
  step('outdated lists the newer version', 'outdated', {
    in: 'app',
    shows: ['{left}', '1.0.0', '1.1.0'],
  }),
  step('update brings the newer version', 'update', { in: 'app', home: 'fresh', tree: second }),
  step('audit ends with an answer', 'audit', { in: 'app' }),
]

const looking: readonly Step[] = [
  step('view shows a package', 'view', {
    with: { spec: '{left}' },
    shows: ['{left}', '1.1.0', 'Goes left'],
  }),
  step('search finds a package', 'search', {
    with: { text: '{left}' },
    shows: ['{left}', '1.1.0'],
  }),
  step('profile shows the account', 'profile', { shows: ['{user}'] }),
  step('tokens are listed, not their text', 'tokenList', {
    check: ({ account }, { shown }) => assert.ok(!shown.includes(account.token)),
  }),
]

const tagging: readonly Step[] = [
  step('publish under a tag leaves latest alone', 'publish', {
    in: 'left',
    files: left('2.0.0-beta.1'),
    with: { tag: 'next', version: '2.0.0-beta.1' },
    check: async (stage, finished) => {
      await isStored('{left}@2.0.0-beta.1')(stage, finished)
      await says('{left}', tags, { latest: '1.1.0', next: '2.0.0-beta.1' })(stage, finished)
    },
  }),
  step('a tag is added', 'tagAdd', {
    needed: true,
    with: { spec: '{left}@1.0.0', tag: 'old' },
    check: says('{left}', tags, { latest: '1.1.0', next: '2.0.0-beta.1', old: '1.0.0' }),
  }),
  step('tags are listed', 'tagList', {
    with: { name: '{left}' },
    shows: ['latest', '1.1.0', 'next', '2.0.0-beta.1', 'old', '1.0.0'],
  }),
  step('install of a tag brings its version', 'add', {
    in: 'tagged',
    files: app({}),
    with: { spec: '{left}@next' },
    tree: ['{left}@2.0.0-beta.1'],
  }),
  step('a tag is removed', 'tagRemove', {
    with: { name: '{left}', tag: 'next' },
    check: says('{left}', tags, { latest: '1.1.0', old: '1.0.0' }),
  }),
]

const marking: readonly Step[] = [
  step('deprecate marks a version', 'deprecate', {
    needed: true,
    with: { spec: '{left}@1.0.0', message },
    check: says('{left}', deprecation, message),
  }),
  step('install of a deprecated version brings it', 'install', {
    in: 'warned',
    files: app({ '{left}': '1.0.0' }),
    home: 'warned',
    tree: ['{left}@1.0.0'],
    check: ({ client }, { shown }) => assert.match(shown, client.warns ?? /^(?!.*deprecated)/s),
  }),
  step('undeprecate takes the mark back', 'undeprecate', {
    with: { spec: '{left}@1.0.0' },
    check: says('{left}', deprecation, null),
  }),
  step('an owner is added', 'ownerAdd', {
    with: { name: '{left}' },
    check: says('{left}', owners, ['{user}', '{other}']),
  }),
  step('owners are listed', 'ownerList', {
    with: { name: '{left}' },
    shows: ['{user}', '{other}'],
  }),
  step('an owner is removed', 'ownerRemove', {
    with: { name: '{left}' },
    check: says('{left}', owners, ['{user}']),
  }),
  step('a star is given', 'star', {
    with: { name: '{left}' },
    check: says('{left}', users, { '{user}': true }),
  }),
  step('stars are listed', 'stars', { shows: ['{left}'] }),
  step('a star is taken back', 'unstar', {
    with: { name: '{left}' },
    check: says('{left}', users, {}),
  }),
]

const refused: readonly Step[] = [
  step('publish of other bytes under a version that is there is refused', 'publish', {
    in: 'again',
    files: { ...left('1.0.0'), 'index.js': "module.exports = 'other bytes'\n" },
    with: { ...latest, version: '1.0.0' },
    ends: 'refused',
  }),
  step('publish into the package of somebody else is refused', 'publish', {
    in: 'taken',
    files: taken,
    with: { ...latest, version: '2.0.0' },
    ends: 'refused',
  }),
  step('removal of the tag latest is refused', 'tagRemove', {
    with: { name: '{left}', tag: 'latest' },
    ends: 'refused',
    check: says('{left}', latestOf, '1.1.0'),
  }),
  step('install of what is not there says so', 'add', {
    in: 'missing',
    files: app({}),
    with: { spec: '{left}-of-nobody' },
    ends: 'refused',
    shows: ['{left}-of-nobody'],
  }),
  step('view of what is not there says so', 'view', {
    with: { spec: '{left}-of-nobody' },
    ends: 'either',
    shows: [/not found|not in this registry|invalid response|404/i], // yarn 1 ends with 0 all the same.
  }),
]

const removing: readonly Step[] = [
  step('install meets the age limit that the client comes with', 'install', {
    in: 'limited',
    files: app({ '{left}': '^1.0.0' }),
    home: 'limited',
  }),
  step('unpublish removes one version, and latest moves', 'unpublish', {
    needed: true,
    with: { spec: '{left}@1.1.0' },
    check: async (stage, finished) => {
      await answers('{left}/-/{left}-1.1.0.tgz', 404)(stage, finished)
      await answers('{left}/-/{left}-1.0.0.tgz', 200)(stage, finished)
    },
  }),
  step('install no longer brings it', 'install', {
    in: 'after',
    files: app({ '{left}': '^1.0.0' }),
    tree: ['{left}@1.0.0'],
  }),
  step('unpublish removes a whole package', 'unpublishAll', {
    with: { name: '{extra}' },
    check: answers('{extra}', 404),
  }),
]

/** All steps. */
export const steps: readonly Step[] = [
  ...publishing,
  ...installing,
  ...looking,
  ...tagging,
  ...marking,
  ...refused,
  ...removing,
]
