import assert from 'node:assert/strict'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { suite, test } from 'node:test'
import { planLayout, withOverlays } from '../src/link-project.ts'
import { selectInstances } from '../src/platform.ts'
import { slotKeys } from '../src/slot-keys.ts'
import { makeProject } from './made-project.ts'
import { assertLeavesNothing, before, freshly, layouts } from './made-workspace.ts'

suite('linkProject()', () => {
  const store = makeProject()
  for (const layout of layouts) {
    test(`lets packages find what they depend on in the layout ${layout}`, () => {
      using project = makeProject(store.store)
      mkdirSync(join(project.root, 'packages/w'), { recursive: true })
      project.link(before, layout)
      const at = (...names: readonly string[]): string => {
        let from = join(project.root, 'package.json')
        for (const name of names) from = createRequire(from).resolve(name)
        return createRequire(from)(from).id
      }
      assert.equal(at('old'), 'old@1.0.0')
      assert.equal(at('app', 'dep', 'old', 'deep'), 'deep@2.0.0')
      assert.equal(at('app', 'dep', 'circle', 'dep', 'old'), 'old@2.0.0')
      assert.equal(at('app', 'old'), 'old@1.0.0')
      assert.equal(at('@s/one', '@s/two'), '@s/two@1.0.0')
      const w = createRequire(join(project.root, 'packages/w/package.json'))
      assert.equal(w('old').id, 'old@2.0.0')
      const link = dirname(w.resolve('../../node_modules/.bin/app'))
      assert.ok(link.endsWith('app/bin'))
    })

    test(`changes nothing the second time in the layout ${layout}`, () => {
      using project = makeProject(store.store)
      project.link(before, layout)
      const once = project.seen()
      const { added, removed, isChanged } = project.link(before, layout)
      assert.deepEqual({ added, removed, isChanged }, { added: [], removed: 0, isChanged: false })
      assert.deepEqual(project.seen(), once)
    })

    test(`puts back what somebody removed in the layout ${layout}`, () => {
      using project = makeProject(store.store)
      project.link(before, layout)
      const once = project.seen()
      rmSync(join(project.root, 'node_modules/app'), { recursive: true })
      rmSync(join(project.root, 'node_modules/.bin'), { recursive: true })
      writeFileSync(join(project.root, 'node_modules/stranger'), '')
      project.link(before, layout)
      assert.deepEqual(project.seen(), once)
    })

    test(`takes over what npm left in the layout ${layout}, and keeps the caches of tools`, () => {
      using project = makeProject(store.store)
      const modules = join(project.root, 'node_modules')
      mkdirSync(join(modules, 'old/node_modules/deep'), { recursive: true })
      mkdirSync(join(modules, '.cache'))
      writeFileSync(join(modules, 'old/package.json'), '{"name":"old","version":"1.0.0"}')
      writeFileSync(join(modules, '.package-lock.json'), '{}')
      project.link(before, layout)
      const { 'node_modules/.cache/': cache, ...others } = project.seen()
      assert.equal(cache, '')
      assert.deepEqual(others, freshly(store.store, before, layout))
    })
  }

  // Links that a repository may bring along, in place of folders that are the client's.
  for (const place of [
    'node_modules',
    'node_modules/.stele',
    'node_modules/.stele/node_modules',
    'node_modules/.bin',
    'node_modules/@s',
    'node_modules/app',
    'packages/w/node_modules',
  ]) {
    test(`leaves alone what ${place} leads to where it is a link out of the project`, () => {
      for (const layout of ['project', 'hoisted'] as const) {
        using project = makeProject(store.store)
        const outside = join(dirname(project.root), 'outside')
        for (const folder of ['', 'node_modules/mine', 'mine', 'app'])
          mkdirSync(join(outside, folder), { recursive: true })
        writeFileSync(join(outside, 'file'), 'mine')
        mkdirSync(join(project.root, 'packages/w'), { recursive: true })
        mkdirSync(join(project.root, dirname(place)), { recursive: true })
        symlinkSync(outside, join(project.root, place))
        const held = readdirSync(outside, { recursive: true, encoding: 'utf8' }).toSorted()
        project.link(before, layout)
        assert.deepEqual(
          readdirSync(outside, { recursive: true, encoding: 'utf8' }).toSorted(),
          held,
          layout,
        )
        assert.deepEqual(project.seen(), freshly(store.store, before, layout))
      }
    })
  }

  test('writes its record through no link that has its name', () => {
    using project = makeProject(store.store)
    const own = join(project.root, 'node_modules/.stele')
    const mine = join(dirname(project.root), 'mine')
    writeFileSync(mine, 'mine')
    mkdirSync(own, { recursive: true })
    for (const name of ['tree.json', 'pending.json'])
      for (const end of ['', `.${process.pid}`]) symlinkSync(mine, join(own, `${name}${end}`))
    project.link(before, 'auto')
    assert.equal(readFileSync(mine, 'utf8'), 'mine')
  })

  test('makes no program of what a linked folder only has a link to', () => {
    using project = makeProject(store.store)
    const linked = join(dirname(project.root), 'linked')
    const mine = join(dirname(project.root), 'mine')
    writeFileSync(mine, 'mine', { mode: 0o600 })
    mkdirSync(linked)
    symlinkSync('../mine', join(linked, 'cli.js'))
    const release = { name: 'app', version: '9.0.0', dist: { tarball: '' }, bin: 'cli.js' }
    const overlay = { path: 'node_modules/app', folder: linked, release }
    project.link(before, 'auto', { overlays: [overlay] })
    assert.equal(statSync(mine).mode & 0o777, 0o600)
    const program = join(project.root, 'node_modules/.bin/app')
    assert.equal(lstatSync(program, { throwIfNoEntry: false }), undefined)
  })

  for (const from of layouts) {
    for (const to of layouts) {
      const wanted = from === to ? 'other dependencies' : to
      // conformance/link-interrupted.test.ts interrupts it at all of its moments.
      test(`leaves nothing behind from ${from} to ${wanted}, also when it is interrupted once`, () => {
        const moment = (layouts.indexOf(from) + layouts.indexOf(to)) % 3
        assertLeavesNothing(store.store, { from, to, moment: Number.POSITIVE_INFINITY })
        assertLeavesNothing(store.store, { from, to, moment })
      })
    }
  }
})

for (const layout of ['global', 'project', 'hoisted'] as const) {
  test(`withOverlays() puts a folder in place of a package and what it held, with its programs, in the layout ${layout}`, () => {
    const platform = { os: process.platform, cpu: process.arch }
    const selected = selectInstances(before, platform)
    const plan = planLayout(layout, {
      graph: before,
      selected,
      slots: slotKeys(before, () => ''),
      omitsDev: false,
    })
    const release = { name: 'app', version: '9.0.0', dist: { tarball: '' }, bin: 'cli.js' }
    const path = 'node_modules/app'
    const { tree } = withOverlays(plan, [{ path, folder: '/srv/app', release }])
    assert.deepEqual(tree.links.get(path), { kind: 'folder', path: '/srv/app' })
    const isCovered = (each: string): boolean => each === path || each.startsWith(`${path}/`)
    assert.deepEqual(
      tree.units.filter((unit) => isCovered(unit.path)),
      [],
    )
    const programs = tree.bins.find((bins) => bins.path === 'node_modules/.bin')?.packages
    assert.deepEqual(
      programs?.filter(({ folder }) => folder === path),
      [{ release, folder: path, isLinked: true }],
    )
    const others = (of: typeof tree): readonly string[] =>
      [...of.links.keys(), ...of.units.map((unit) => unit.path)].filter((each) => !isCovered(each))
    assert.deepEqual(others(tree), others(plan.tree))
    assert.equal(withOverlays(plan, []), plan)
  })
}
