import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Graph } from '@stele/resolve/graph'
import { withImporters } from '../src/client/project/chosen-importers.ts'

const root = mkdtempSync(join(tmpdir(), 'chosen-'))
after(() => rmSync(root, { recursive: true }))

const links: { readonly [folder: string]: readonly string[] } = {
  '.': [],
  app: ['lib'],
  lib: ['base'],
  base: [],
  site: [],
}
const graph: Graph = {
  importers: Object.entries(links).map(([folder, targets]) => ({
    folder,
    directs: targets.map((target) => ({
      name: target,
      specifier: 'workspace:*',
      kind: 'dependencies' as const,
      instance: `link:${target}`,
    })),
  })),
  packages: new Map(),
  instances: new Map(),
}
const foldersOf = ({ importers }: Graph): readonly string[] => importers.map(({ folder }) => folder)

test('withImporters() is the whole graph when no package.json is named', () => {
  assert.equal(withImporters(graph, root, undefined), graph)
})

test('withImporters() takes what is named, and the neighbours that it depends on, however far', () => {
  assert.deepEqual(foldersOf(withImporters(graph, root, ['app'])), ['app', 'lib', 'base'])
  assert.deepEqual(foldersOf(withImporters(graph, root, ['base', '.'])), ['.', 'base'])
})

test('withImporters() leaves what was installed before', () => {
  mkdirSync(join(root, 'site', 'node_modules'), { recursive: true })
  mkdirSync(join(root, 'node_modules', '.stele'), { recursive: true })
  assert.deepEqual(foldersOf(withImporters(graph, root, ['base'])), ['base', 'site'])
  writeFileSync(join(root, 'node_modules', '.stele', 'tree.json'), '{}')
  assert.deepEqual(foldersOf(withImporters(graph, root, ['base'])), ['.', 'base', 'site'])
})
