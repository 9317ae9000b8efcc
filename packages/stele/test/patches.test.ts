import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { Graph } from '@stele/resolve/graph'
import type { Project } from '../src/client/project/project.ts'
import { findPatched, readPatches } from '../src/client/scripts/patches.ts'

const release = { name: '@s/a', version: '1.2.3', dist: { tarball: '' } }
const graph: Graph = {
  importers: [],
  packages: new Map([['@s/a@1.2.3', release]]),
  instances: new Map([
    ['@s/a@1.2.3', { id: '@s/a@1.2.3', dependencies: new Map(), optional: new Set() }],
  ]),
}
const selected = new Set(['@s/a@1.2.3'])

suite('patches', () => {
  let root: string
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'stele-patches-'))
    for (const name of ['one', 'two']) writeFileSync(join(root, name), name)
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  // keys of two patches, which of them is taken
  const rows: readonly (readonly [string, string, string | undefined])[] = [
    ['@s/a@1.2.3', '@s/a', 'one'],
    ['@s/a', '@s/a@1.2.3', 'two'],
    ['@s/a', '@s/a@^1.0.0', 'two'],
    ['@s/a@^1.0.0', '@s/a@1.2.3', 'two'],
    ['@s/a', '@s/a@2', 'one'],
    ['@s/a@2', 'a', undefined],
  ]
  for (const [one, two, taken] of rows) {
    test(`findPatched() takes ${taken === undefined ? 'none' : `the patch "${taken}"`} of ${one} and ${two}`, () => {
      const patches = [
        { key: one, path: 'one' },
        { key: two, path: 'two' },
      ]
      const { patches: found, unused } = findPatched(root, patches, { graph, selected })
      assert.equal(found.get('@s/a@1.2.3')?.path, taken)
      assert.equal(unused.length, taken === undefined ? 2 : 1)
    })
  }

  test('findPatched() throws patch_failed when there is no such file', () => {
    const patches = [{ key: '@s/a', path: 'gone' }]
    assert.throws(() => findPatched(root, patches, { graph, selected }), { code: 'patch_failed' })
  })

  test('readPatches() reads the places of pnpm, and its own over these', () => {
    const project: Project = {
      root,
      importers: [],
      members: [],
      catalogs: new Map(),
      settingsFile: { patchedDependencies: { a: 'file', b: 'file' } },
      manifests: [
        {
          folder: '.',
          manifest: {
            pnpm: { patchedDependencies: { a: 'pnpm', c: 'pnpm' } },
            stele: { patchedDependencies: { b: 'own', d: 7 } },
          },
        },
      ],
    }
    const found = readPatches(project).map(({ key, path }) => `${key} ${path}`)
    assert.deepEqual(found.toSorted(), ['a file', 'b own', 'c pnpm'])
  })
})
