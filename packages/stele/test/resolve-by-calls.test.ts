// Resolving over mnpm's calls: what is asked for, and what comes of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as setImmediatePromise } from 'node:timers/promises'
import { SteleError } from '@stele/errors'
import type { WantedImporter } from '@stele/resolve'
import { openKnownReleases } from '../src/mnpm/known-releases.ts'
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
  const { graph } = await resolveByCalls(importer({ a: '*' }), openKnownReleases(callsOf(asked)))
  assert.deepEqual([...graph.packages.keys()], ['a@1.0.0', 'b@1.2.0', 'c@3.0.0'])
  assert.deepEqual(asked, ['a', 'a@1.0.0', 'b', 'b@1.2.0', 'c', 'c@3.0.0'])
})

test('resolveByCalls() throws version_absent with the versions that there are', async () => {
  const wanted = resolveByCalls(importer({ b: '^7.0.0' }), openKnownReleases(callsOf([])))
  await assert.rejects(wanted, { code: 'version_absent', message: /\^7\.0\.0.*2\.0\.0/ })
})

test('resolveByCalls() throws usage_wrong for what is no version of a registry', async () => {
  const wanted = resolveByCalls(
    importer({ a: 'https://host.example/a.tgz' }),
    openKnownReleases(callsOf([])),
  )
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
  const known = openKnownReleases(callsOf(asked))
  await resolveByCalls(importer({ c: '3.0.0' }), known)
  known.learn(own)
  const { graph } = await resolveByCalls(importer({ c: '3.0.0' }), known)
  assert.deepEqual([...graph.packages.keys()].toSorted(), ['b@1.0.0', 'c@3.0.0'])
  assert.equal(asked.filter((one) => one === 'c@3.0.0').length, 1, 'It is known')
})

/** A registry of packages that depend on each other as `dependenciesOf` says. */
function endless(dependenciesOf: (name: string) => readonly string[]) {
  const told = { running: 0, most: 0, asked: 0 }
  return {
    told,
    known: openKnownReleases({
      versions: async (name: string) => {
        told.asked++
        told.most = Math.max(told.most, ++told.running)
        await setImmediatePromise()
        told.running--
        if (name === 'a-down') throw new SteleError('server_unreachable', { url: 'x', reason: 'y' })
        return ['1.0.0']
      },
      dependencies: async (name: string) =>
        Object.fromEntries(dependenciesOf(name).map((one) => [one, '*'])),
    }),
  }
}

test('resolveByCalls() asks for the versions of few packages at a time, however many are wanted at once', async () => {
  const many = Array.from({ length: 200 }, (_, at) => `dependency-${at}`)
  const { known, told } = endless((name) => (name === 'a' ? many : []))
  const { graph } = await resolveByCalls(importer({ a: '*' }), known)
  assert.equal(graph.packages.size, 201)
  assert.equal(told.most, 8)
})

test('resolveByCalls() asks for nothing more once it has failed', async () => {
  const many = Array.from({ length: 200 }, (_, at) => `dependency-${at}`)
  const { known, told } = endless((name) => (name === 'a' ? ['a-down', ...many] : []))
  await assert.rejects(resolveByCalls(importer({ a: '*' }), known), { code: 'server_unreachable' })
  const { asked } = told
  for (let turn = 0; turn < 50; turn++) await setImmediatePromise()
  assert.ok(asked < 30, `${asked} were asked for`)
  assert.ok(told.asked <= asked + 8, `${told.asked - asked} were asked for after it`)
})

test('resolveByCalls() throws graph_too_large for a chain without an end', async () => {
  const { known } = endless((name) => [`x${Number(name.slice(1)) + 1}`])
  await assert.rejects(resolveByCalls(importer({ x0: '*' }), known, 20), {
    code: 'graph_too_large',
    message: /more than 20 on one way from package\.json$/,
  })
})

test('resolveByCalls() throws graph_too_large for more versions than anybody has', async () => {
  const versions = async () => ['1.0.0', '1.0.1', '1.0.2']
  const dependencies = async (): Promise<{ [name: string]: string }> => ({ b: '*' })
  const known = openKnownReleases({ versions, dependencies }, { mostVersions: 5 })
  await assert.rejects(resolveByCalls(importer({ a: '*' }), known), { code: 'graph_too_large' })
})
