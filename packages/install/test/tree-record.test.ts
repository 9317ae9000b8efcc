import assert from 'node:assert/strict'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite, test } from 'node:test'
import { readRecords, type TreeRecord } from '../src/tree-record.ts'
import { graphOf, makeProject } from './made-project.ts'

const nothing: TreeRecord = {
  version: 1,
  boot: '',
  store: '',
  layout: 'project',
  units: {},
  links: {},
  bins: {},
  modules: ['node_modules'],
  packages: {},
}

/** A record as a repository may bring it along, of things that are not the client's. */
function bring(root: string, record: object, name = 'tree.json'): void {
  const file = join(root, 'node_modules/.stele', name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify({ ...nothing, ...record }))
}

suite('readRecords()', () => {
  const unsound: readonly object[] = [
    { version: 2 },
    { units: null },
    { links: ['a'] },
    { links: { 'node_modules/a': 5 } },
    { modules: 'node_modules' },
    { modules: [5] },
    { packages: { a: {} } },
    { changed: { '../node_modules': 1 } },
  ]
  for (const record of unsound) {
    test(`takes no record that holds ${JSON.stringify(record)}`, () => {
      using project = makeProject()
      bring(project.root, record)
      assert.deepEqual(readRecords(project.root), { whole: undefined, last: [] })
    })
  }

  test('takes a record that is sound', () => {
    using project = makeProject()
    bring(project.root, { links: { 'w/node_modules/@s/a': 'x' } })
    assert.equal(readRecords(project.root).last.length, 1)
  })
})

suite('linkProject()', () => {
  const empty = graphOf({ '.': [] }, {})
  const places = [
    '../precious',
    'node_modules/../../precious',
    '../node_modules/precious',
    'precious',
    'node_modules/./../precious',
    '/precious/node_modules',
  ]
  for (const place of places) {
    for (const kind of ['units', 'links', 'bins'] as const) {
      test(`removes nothing at "${place}", which a record of ${kind} names`, () => {
        using project = makeProject()
        const kept = [join(project.root, 'precious'), join(project.root, '../precious')]
        for (const folder of [...kept, join(project.root, '../node_modules/precious')])
          mkdirSync(folder, { recursive: true })
        for (const file of ['tree.json', 'pending.json'])
          bring(project.root, { [kind]: { [place]: 'x' } }, file)
        project.link(empty, 'project')
        for (const folder of [...kept, join(project.root, '../node_modules/precious')])
          assert.ok(existsSync(folder), folder)
      })
    }
  }

  test('removes nothing behind a link that a repository brings along', () => {
    using project = makeProject()
    const outside = join(project.root, '../outside')
    mkdirSync(join(outside, 'node_modules/precious'), { recursive: true })
    symlinkSync(outside, join(project.root, 'w'))
    bring(project.root, { links: { 'w/node_modules/precious': 'x' } })
    project.link(empty, 'project')
    assert.ok(existsSync(join(outside, 'node_modules/precious')))
  })

  test('takes a node_modules that is a link away, and leaves what it leads to', () => {
    using project = makeProject()
    const outside = join(project.root, '../outside')
    mkdirSync(join(outside, 'precious'), { recursive: true })
    symlinkSync(outside, join(project.root, 'node_modules'))
    project.link(graphOf({ '.': ['a@1.0.0'] }, { 'a@1.0.0': {} }), 'project')
    assert.ok(existsSync(join(outside, 'precious')))
    assert.ok(existsSync(join(project.root, 'node_modules/a')))
    assert.ok(!existsSync(join(outside, 'a')))
  })
})
