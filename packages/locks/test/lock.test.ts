import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import type { Graph, Release } from '@stele/resolve/graph'
import { formatLock } from '../src/format-lock.ts'
import { lockedOf } from '../src/locked.ts'
import { parseLock } from '../src/parse-lock.ts'

const release = (name: string, version: string, more: Partial<Release> = {}): Release => ({
  name,
  version,
  dist: { tarball: '', integrity: `sha512-${name}` },
  ...more,
})
const instance = (
  id: string,
  dependencies: { readonly [name: string]: string } = {},
  optional: readonly string[] = [],
) => ({
  id,
  dependencies: new Map(Object.entries(dependencies)),
  optional: new Set(optional),
})
const graph: Graph = {
  importers: [
    {
      folder: '.',
      directs: [
        {
          name: 'app',
          specifier: 'workspace:^',
          kind: 'dependencies',
          instance: 'link:packages/app',
        },
        { name: 'dom', specifier: '^1', kind: 'dependencies', instance: 'dom@1.0.0(react@19.0.0)' },
        { name: 'gone', specifier: '*', kind: 'optionalDependencies', instance: undefined },
        {
          name: 'old',
          specifier: 'npm:react@18',
          kind: 'devDependencies',
          instance: 'react@18.0.0',
        },
        { name: 'react', specifier: '19', kind: 'dependencies', instance: 'react@19.0.0' },
      ],
    },
    { folder: 'packages/app', directs: [] },
  ],
  packages: new Map([
    [
      'dom@1.0.0',
      release('dom', '1.0.0', {
        peerDependencies: { react: '*' },
        peerDependenciesMeta: { react: { optional: true } },
        bin: { dom: './cli.js' },
        engines: { node: '>=20' },
        os: ['linux'],
        hasInstallScript: true,
        deprecated: 'Use another',
      }),
    ],
    ['react@18.0.0', release('react', '18.0.0')],
    [
      'react@19.0.0',
      release('react', '19.0.0', {
        dist: { tarball: 'https://host.test/r.tgz', integrity: 'sha512-r' },
      }),
    ],
  ]),
  instances: new Map([
    ['dom@1.0.0', instance('dom@1.0.0')],
    [
      'dom@1.0.0(react@19.0.0)',
      instance('dom@1.0.0', { old: 'react@18.0.0', react: 'react@19.0.0' }, ['old']),
    ],
    ['react@18.0.0', instance('react@18.0.0')],
    ['react@19.0.0', instance('react@19.0.0')],
  ]),
}
const text = `{"lockVersion":1,
"settings":{
"layout":"project",
"":0},
"importers":{
".":{
"app":["dependencies","workspace:^","link:packages/app"],
"dom":["dependencies","^1","1.0.0(react@19.0.0)"],
"gone":["optionalDependencies","*",null],
"old":["devDependencies","npm:react@18","react@18.0.0"],
"react":["dependencies","19","19.0.0"],
"":0},
"packages/app":{
"":0},
"":0},
"packages":{
"dom@1.0.0":{"integrity":"sha512-dom","peers":{"react":"*"},"optionalPeers":["react"],"bin":{"dom":"./cli.js"},"node":">=20","os":["linux"],"scripts":true,"deprecated":"Use another","bare":true},
"react@18.0.0":{"integrity":"sha512-react"},
"react@19.0.0":{"integrity":"sha512-r","tarball":"https://host.test/r.tgz"},
"":0},
"contexts":{
"dom@1.0.0(react@19.0.0)":{"of":"dom@1.0.0","dependencies":{"old":"react@18.0.0","react":"19.0.0"},"optional":["old"]},
"":0}}
`

test('formatLock() writes a line for each dependency of a package.json and for each package', () => {
  assert.equal(formatLock({ graph, settings: { layout: 'project' } }), text)
})

test('parseLock() gives what formatLock() wrote', () => {
  const lock = parseLock(text, 'stele.lock')
  assert.deepEqual(lock.graph, graph)
  assert.deepEqual(lock.settings, { layout: 'project' })
})

test('lockedOf() gives a package with its dependencies, and leaves its peers out', () => {
  const locked = lockedOf(graph)
  assert.deepEqual([...(locked.node('dom@1.0.0')?.edges ?? [])], [['old', 'react@18.0.0']])
  const edge = { name: 'dom', specifier: '^1', kind: 'dependencies' as const }
  assert.equal(locked.direct('.', edge), 'dom@1.0.0')
  assert.equal(locked.direct('.', { ...edge, specifier: '^2' }), undefined)
  assert.deepEqual(locked.versions('react'), ['18.0.0', '19.0.0'])
})

const faults: readonly (readonly [what: string, text: string, reason: RegExp])[] = [
  ['no JSON', '{', /JSON/],
  ['a list', '[]', /no JSON object/],
  ['conflict markers', text.replace('"packages"', '<<<<<<< ours\n"packages"'), /conflict markers/],
  [
    'of another version',
    text.replace('"lockVersion":1', '"lockVersion":2'),
    /its version is 2; this Stele reads 1/,
  ],
  ['without packages', text.replace('"packages":{', '"boxes":{'), /"packages" is missing/],
  [
    'a dependency that it does not have',
    text.replace('"old":"react@18.0.0"', '"old":"react@17.0.0"'),
    /no "react@17\.0\.0", which "dom@1\.0\.0\(react@19\.0\.0\)" depends on/,
  ],
  [
    'a kind of dependency that is none',
    text.replace('"devDependencies"', '"testDependencies"'),
    /the line of "old"/,
  ],
  [
    'an integrity that is no text',
    text.replace('"sha512-react"', '7'),
    /"integrity" of "react@18\.0\.0" must be a text/,
  ],
  ...['sha512-react\nline', 'sha512-', 'md5-react', 'react', 'sha512-react  sha1-react', ''].map(
    (integrity) =>
      [
        `an integrity that is "${integrity}"`,
        text.replace('"sha512-react"', JSON.stringify(integrity)),
        /"integrity" of "react@18\.0\.0" must be hashes/,
      ] as const,
  ),
  ...['../1.0.0', '1.0.0/../2.0.0', '1.0.0?x', '1.0.0\\n'].map(
    (version) =>
      [
        `a version that is "${version}"`,
        text.replaceAll('react@18.0.0', `react@${version}`),
        /is no package/,
      ] as const,
  ),
  [
    "a registry's package that says it is another's",
    text.replace('"react@18.0.0":{', '"react@18.0.0":{"version":"1.0.0","tarball":"file:r.tgz",'),
    /"react@18\.0\.0" is no package/,
  ],
  [
    'a repository that is fetched from another address',
    text.replace(
      '"react@18.0.0":{',
      '"x@github:a/b#1":{"version":"1.0.0","tarball":"github:a/c#1"},"react@18.0.0":{',
    ),
    /"tarball" of "x@github:a\/b#1" is another address/,
  ],
  ...['file:///r.tgz', 'git+ssh://host.test/r#1', 'not an address', 'http://['].map(
    (address) =>
      [
        `a registry's package at "${address}"`,
        text.replace('https://host.test/r.tgz', address),
        /"tarball" of "react@19\.0\.0" must be an address/,
      ] as const,
  ),
  [
    'a context of nothing',
    text.replace('"of":"dom@1.0.0"', '"of":"dom@2.0.0"'),
    /no package for "dom@1/,
  ],
]
for (const [what, broken, reason] of faults) {
  test(`parseLock() throws lock_invalid when it is ${what}`, () => {
    assert.throws(
      () => parseLock(broken, 'stele.lock'),
      (error) => isSteleError(error, 'lock_invalid') && reason.test(error.message),
    )
  })
}
