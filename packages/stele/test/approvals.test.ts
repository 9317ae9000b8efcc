import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Graph } from '@stele/resolve/graph'
import { approvalFor, readApprovals, verdictOn, writeApprovals } from '../src/scripts/approvals.ts'

type Made = { readonly [id: string]: { readonly [name: string]: string } }

/** Packages without surroundings; `distOf` says what is known of their bytes. */
function graphOf(
  made: Made,
  distOf = (id: string): object => ({ integrity: `sha512-${id}` }),
): Graph {
  const ids = Object.keys(made)
  const released = ids.map((id) => {
    const [name = '', version = ''] = id.split('@')
    return [id, { name, version, dist: { tarball: '', ...distOf(id) } }] as const
  })
  const instances = ids.map((id) => {
    const dependencies = new Map(Object.entries(made[id] ?? {}))
    return [id, { id, dependencies, optional: new Set<string>() }] as const
  })
  return { importers: [], packages: new Map(released), instances: new Map(instances) }
}

const alone = graphOf({ 'a@1.0.0': {} }, () => ({ integrity: 'sha512-x' }))

// what stands in package.json, what it says of a@1.0.0
const rows: readonly (readonly [{ readonly [id: string]: string | false }, string])[] = [
  [{}, 'open'],
  [{ 'a@1.0.0': 'sha512-x' }, 'approved'],
  [{ 'a@1.0.0': 'sha512-y' }, 'changed'],
  [{ 'a@1.0.1': 'sha512-x' }, 'open'],
  [{ 'a@1.0.0': false }, 'denied'],
  [{ a: false }, 'denied'],
  [{ b: false }, 'open'],
]
for (const [scripts, verdict] of rows) {
  test(`verdictOn() gives ${verdict} for ${JSON.stringify(scripts)}`, () => {
    const approvals = readApprovals({ stele: { scripts } })
    assert.equal(verdictOn(approvals, alone, 'a@1.0.0'), verdict)
  })
}

test('readApprovals() takes nothing but digests and false', () => {
  const scripts = { a: true, b: null, c: ['sha512-x'], d: false }
  assert.deepEqual([...readApprovals({ stele: { scripts } })], [['d', false]])
  for (const manifest of [{}, { stele: 'x' }, { stele: { scripts: [] } }]) {
    assert.equal(readApprovals(manifest).size, 0)
  }
})

const made: Made = {
  'a@1.0.0': { b: 'b@1.0.0' },
  'b@1.0.0': { c: 'c@1.0.0' },
  'c@1.0.0': {},
  'd@1.0.0': {},
}
const textOf = (graph: Graph): string | undefined => approvalFor(graph, 'a@1.0.0').text
const changed = (which: string) => (id: string) => ({
  integrity: id === which ? 'sha512-other' : `sha512-${id}`,
})
// what is different, whether an approval from before still holds
const others: readonly (readonly [what: string, graph: Graph, holds: boolean])[] = [
  ['nothing', graphOf(made), true],
  ['the bytes of another package', graphOf(made, changed('d@1.0.0')), true],
  ['its own bytes', graphOf(made, changed('a@1.0.0')), false],
  ['the bytes of what it depends on', graphOf(made, changed('b@1.0.0')), false],
  ['the bytes of what that depends on', graphOf(made, changed('c@1.0.0')), false],
  ['a dependency more', graphOf({ ...made, 'c@1.0.0': { d: 'd@1.0.0' } }), false],
  ['what a dependency means', graphOf({ ...made, 'b@1.0.0': { c: 'd@1.0.0' } }), false],
  ['a dependency less', graphOf({ ...made, 'a@1.0.0': {} }), false],
]
for (const [what, graph, holds] of others) {
  test(`verdictOn() ${holds ? 'holds on to' : 'drops'} an approval when ${what} changed`, () => {
    const approvals = readApprovals({
      stele: { scripts: { 'a@1.0.0': textOf(graphOf(made)) ?? '' } },
    })
    assert.equal(verdictOn(approvals, graph, 'a@1.0.0'), holds ? 'approved' : 'changed')
  })
}

const commit = '0123456789'.repeat(4)
// what the lock tells of the bytes, whether that can be approved
const dists: readonly (readonly [dist: object, isPinned: boolean])[] = [
  [{ integrity: 'sha512-x' }, true],
  [{ shasum: 'a'.repeat(40) }, true],
  [{ tarball: `github:a/b#${commit}` }, true],
  [{ tarball: `git+ssh://host.test/a.git#${commit}&path:b` }, true],
  [{ tarball: 'github:a/b#main' }, false],
  [{ tarball: 'github:a/b#0123' }, false],
  [{ tarball: `https://host.test/a.tgz#${commit}` }, false],
  [{ tarball: 'https://host.test/a.tgz' }, false],
  [{}, false],
]
for (const [dist, isPinned] of dists) {
  test(`approvalFor() has ${isPinned ? 'a text' : 'none'} for ${JSON.stringify(dist)}, and for what depends on it`, () => {
    const own = graphOf({ 'a@1.0.0': {} }, () => dist)
    const below = graphOf(made, (id) => (id === 'c@1.0.0' ? dist : { integrity: 'sha512-x' }))
    for (const graph of [own, below]) assert.equal(textOf(graph) !== undefined, isPinned)
    if (!isPinned) assert.deepEqual(approvalFor(below, 'a@1.0.0'), { unpinned: ['c@1.0.0'] })
  })
}

test('writeApprovals() keeps the rest of the text as it was', async () => {
  const text = '{\r\n\t"name": "x",\r\n\t"files": ["a", "b"]\r\n}\r\n'
  const written = await writeApprovals(text, new Map([['a@1.0.0', 'sha512-x'] as const]))
  assert.equal(
    written,
    [
      '{',
      '\t"name": "x",',
      '\t"files": ["a", "b"],',
      '\t"stele": {',
      '\t\t"scripts": {',
      '\t\t\t"a@1.0.0": "sha512-x"',
      '\t\t}',
      '\t}',
      '}',
      '',
    ].join('\r\n'),
  )
  const denied = await writeApprovals(written, new Map([['a@1.0.0', false] as const]))
  assert.match(denied, /"a@1\.0\.0": false\r\n/)
})
