import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Graph, Instance, InstanceKey, Release } from '@stele/resolve/graph'
import { placeHoisted } from '../src/hoist.ts'
import { graphOf } from './made-project.ts'

type Row = readonly [what: string, graph: Graph, places: readonly string[]]
const rows: readonly Row[] = [
  [
    'puts everything at the top that nobody contradicts',
    graphOf({ '.': ['a@1'] }, { 'a@1': { needs: ['b@1'] }, 'b@1': { needs: ['c@1'] }, 'c@1': {} }),
    ['a a@1', 'b b@1', 'c c@1'],
  ],
  [
    'puts a second version below who wants it',
    graphOf(
      { '.': ['a@1', 'b@1'] },
      { 'a@1': { needs: ['b@2'] }, 'b@1': {}, 'b@2': { needs: ['c@1'] }, 'c@1': {} },
    ),
    ['a a@1', 'a/node_modules/b b@2', 'b b@1', 'c c@1'],
  ],
  [
    'lets the first by name have the top',
    graphOf(
      { '.': ['x@1', 'y@1'] },
      { 'x@1': { needs: ['b@2'] }, 'y@1': { needs: ['b@1'] }, 'b@1': {}, 'b@2': {} },
    ),
    ['b b@2', 'x x@1', 'y y@1', 'y/node_modules/b b@1'],
  ],
  [
    'keeps a package beside the peer that it found',
    graphOf(
      { '.': ['old@1', 'peer@2'] },
      {
        'old@1': { needs: ['peer@1', 'user@1(peer@1)'] },
        'peer@1': {},
        'peer@2': {},
        'user@1(peer@1)': {
          needs: ['peer@1'],
          release: { peerDependencies: { peer: '*' } },
        },
      },
    ),
    [
      'old old@1',
      'old/node_modules/peer peer@1',
      'old/node_modules/user user@1(peer@1)',
      'peer peer@2',
    ],
  ],
  [
    'ends in a circle',
    graphOf({ '.': ['a@1'] }, { 'a@1': { needs: ['b@1'] }, 'b@1': { needs: ['a@1'] } }),
    ['a a@1', 'b b@1'],
  ],
  [
    'gives a package of the workspace what the root contradicts',
    graphOf({ '.': ['a@1', 'link:w'], w: ['a@2', 'b@1'] }, { 'a@1': {}, 'a@2': {}, 'b@1': {} }),
    ['a a@1', 'b b@1', 'w link:w', '../w/node_modules/a a@2'],
  ],
]
for (const [what, graph, places] of rows) {
  test(`placeHoisted() ${what}`, () => {
    const found = [...placeHoisted(graph)].map(([path, key]) =>
      path.startsWith('node_modules/')
        ? `${path.slice('node_modules/'.length)} ${key}`
        : `../${path} ${key}`,
    )
    assert.deepEqual(found.toSorted(), places.toSorted())
  })
}

/** What npm 12 made of a package.json with 30 dependencies: a line for each place, its version, its dependencies, `!` peers, `?` optional ones. */
const lines = readFileSync(new URL('tables/npm-tree.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')

test('placeHoisted() puts 1,340 packages of a real project where npm does, but for one', () => {
  const npm = new Map(lines.slice(1).map((line) => [line.split(' ')[0] ?? '', line]))
  const found = new Map([...placeHoisted(treeOf(lines))].map(([path, key]) => [path, key]))
  const differing = [...npm.keys(), ...found.keys()].filter(
    (path) => found.get(path)?.split(' ')[0] !== versionAt(npm, path),
  )
  // Its optional peer jiti is another version at the top than for tailwindcss, which wants it: npm takes both for the same range.
  assert.deepEqual(differing, [
    'node_modules/postcss-load-config',
    'node_modules/tailwindcss/node_modules/postcss-load-config',
  ])
})

function versionAt(npm: ReadonlyMap<string, string>, path: string): string | undefined {
  const version = npm.get(path)?.split(' ')[1]
  return version === undefined ? undefined : `${nameAt(path)}@${version}`
}

function nameAt(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/** The graph that a tree of npm stands for: an instance for each place. */
function treeOf(tree: readonly string[]): Graph {
  const rowsOf = new Map(tree.map((line) => [line.split(' ')[0] ?? '', line.split(' ').slice(1)]))
  const keyAt = (path: string): InstanceKey => `${nameAt(path)}@${rowsOf.get(path)?.[0]} ${path}`
  const namesAt = (path: string): readonly string[] => rowsOf.get(path)?.slice(1) ?? []
  const targetsOf = (path: string): ReadonlyMap<string, InstanceKey> => {
    const named = namesAt(path).map((name) => name.replace(/^[!?]/, ''))
    const found = named.flatMap((name) => {
      const at = lookUp(rowsOf, path, name)
      return at === undefined ? [] : [[name, keyAt(at)] as const]
    })
    return new Map(found)
  }
  const packages = new Map<string, Release>()
  const instances = new Map<InstanceKey, Instance>()
  for (const [path, [version = '']] of [...rowsOf].slice(1)) {
    const [name, id] = [nameAt(path), `${nameAt(path)}@${version}`]
    const peers = namesAt(path).filter((each) => /^[!?]/.test(each))
    const optional = peers.filter((each) => each.startsWith('?')).map((each) => each.slice(1))
    packages.set(id, {
      name,
      version,
      dist: { tarball: '' },
      peerDependencies: Object.fromEntries(peers.map((each) => [each.slice(1), '*'])),
      peerDependenciesMeta: Object.fromEntries(optional.map((each) => [each, { optional: true }])),
    })
    instances.set(keyAt(path), { id, dependencies: targetsOf(path), optional: new Set() })
  }
  const directs = [...targetsOf('.')].map(([name, instance]) => ({
    name,
    instance,
    specifier: '*',
    kind: 'dependencies' as const,
  }))
  return { importers: [{ folder: '.', directs }], packages, instances }
}

function lookUp(
  places: ReadonlyMap<string, unknown>,
  from: string,
  name: string,
): string | undefined {
  for (let at = from === '.' ? '' : from; ; ) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (places.has(path)) return path
    if (at === '') return undefined
    at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))
  }
}
