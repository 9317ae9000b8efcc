// Resolving over mnpm's calls: what is asked for, and what comes of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WantedImporter } from '@stele/resolve'
import { resolveByCalls } from '../src/mnpm/resolve-by-calls.ts'

type Registry = {
  readonly [name: string]: { readonly [version: string]: { [name: string]: string } }
}

const registry: Registry = {
  a: { '1.0.0': { b: '^1.0.0' }, '2.0.0-rc.1': { b: '^9.0.0' } },
  b: { '1.0.0': {}, '1.2.0': { c: '*' }, '2.0.0': { missing: '*' } },
  c: { '3.0.0': { a: '1' } },
}

const importer = (specifiers: { readonly [name: string]: string }): readonly WantedImporter[] => {
  const edges = Object.entries(specifiers).map(([name, specifier]) => ({
    name,
    specifier,
    kind: 'dependencies' as const,
  }))
  return [{ folder: '.', edges }]
}

function callsOf(asked: string[]) {
  return {
    versions: async (name: string) => (asked.push(name), Object.keys(registry[name] ?? {})),
    dependencies: async (name: string, version: string) => {
      asked.push(`${name}@${version}`)
      return registry[name]?.[version] ?? {}
    },
  }
}

test('resolveByCalls() follows dependencies in a circle, and asks only for what is chosen', async () => {
  const asked: string[] = []
  const { graph } = await resolveByCalls(importer({ a: '*' }), callsOf(asked))
  assert.deepEqual([...graph.packages.keys()], ['a@1.0.0', 'b@1.2.0', 'c@3.0.0'])
  assert.deepEqual(asked, ['a', 'a@1.0.0', 'b', 'b@1.2.0', 'c', 'c@3.0.0'])
})

test('resolveByCalls() throws version_absent with the versions that there are', async () => {
  const wanted = resolveByCalls(importer({ b: '^7.0.0' }), callsOf([]))
  await assert.rejects(wanted, { code: 'version_absent', message: /\^7\.0\.0.*2\.0\.0/ })
})

test('resolveByCalls() throws usage_wrong for what is no version of a registry', async () => {
  const wanted = resolveByCalls(importer({ a: 'https://host.example/a.tgz' }), callsOf([]))
  await assert.rejects(wanted, {
    code: 'usage_wrong',
    message: /^"https:\/\/host\.example\/a\.tgz" is no version/,
  })
})

test('resolveByCalls() takes peers and optional dependencies from releases that were packed', async () => {
  const asked: string[] = []
  const own = {
    name: 'c',
    version: '3.0.0',
    dist: { tarball: '' },
    peerDependencies: { b: '1.0.0' },
    optionalDependencies: { gone: '1' },
  }
  const packed = new Map([['c@3.0.0', own]])
  const { graph } = await resolveByCalls(importer({ c: '*' }), callsOf(asked), packed)
  assert.deepEqual([...graph.packages.keys()].toSorted(), ['b@1.0.0', 'c@3.0.0'])
  assert.ok(!asked.includes('c@3.0.0'), 'It is known')
})
