// What registries may answer: one field of a packument is anything, the rest is as usual.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { openRegistries, type Registries, readConfig } from '@stele/fetch'
import { formatLock, parseLock } from '@stele/locks'
import { resolve } from '@stele/resolve'
import type { Graph } from '@stele/resolve/graph'
import fc from 'fast-check'
import { roundsOf } from '../../testkit/src/rounds.ts'
import { changesBetween, deprecationsIn } from '../src/client/lock/graph-changes.ts'
import { createRefusal } from '../src/client/resolving/policies.ts'

type Fields = { readonly [field: string]: unknown }

/** Where the odd field is: in the packument, in its release, or in the release's `dist`. */
type Odd = { readonly packument?: Fields; readonly release?: Fields; readonly dist?: Fields }

suite('an installation, where one field of a packument is odd,', () => {
  let answer = ''
  let url = ''
  let registries: Registries | undefined
  const server = createServer((_, response) => response.end(answer))
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const found = server.address()
    url = typeof found === 'object' && found !== null ? `http://127.0.0.1:${found.port}/` : ''
    registries = openRegistries({
      ...readConfig(import.meta.dirname, {}),
      registryOf: () => url,
      authorizationFor: () => undefined,
    })
  })
  after(() => {
    registries?.close()
    server.close()
  })

  /** The graph, with what is told of it and fetched for it. */
  const graphWith = async (odd: Odd): Promise<Graph> => {
    const dist = { tarball: `${url}p/-/p-1.0.0.tgz`, integrity: 'sha512-p', ...odd.dist }
    const release = { name: 'p', version: '1.0.0', dist, ...odd.release }
    const versions = { '1.0.0': release }
    answer = JSON.stringify({ 'dist-tags': { latest: '1.0.0' }, versions, ...odd.packument })
    if (registries === undefined) throw new Error('There are no registries')
    const { packument, tarballAsk } = registries
    const edge = { name: 'p', specifier: '^1.0.0', kind: 'dependencies' as const }
    const { graph } = await resolve(
      [{ folder: '.', name: '', version: '', edges: [edge] }],
      { packument, other: () => Promise.reject(new Error('Nothing else is known')) },
      {
        nodeVersion: '24.0.0',
        refuse: createRefusal(
          {
            nowMs: Date.UTC(2026, 0),
            minimumAgeMs: 1000,
            ageExcluded: [],
            isDowngradeRefused: true,
            trustExcluded: [],
            ownScopes: new Set(),
          },
          async () => ({ time: {}, isTrusted: () => false }),
        ),
      },
    )
    deprecationsIn(graph, changesBetween(undefined, graph))
    for (const each of graph.packages.values()) assert.ok(URL.canParse(tarballAsk(each).url))
    return graph
  }
  const outcomeOf = (odd: Odd): Promise<Graph | undefined> =>
    graphWith(odd).catch((error: unknown) => {
      if (isSteleError(error)) return undefined
      throw error
    })

  const rows: readonly (readonly [what: string, odd: Odd])[] = [
    ['engines are a text', { release: { engines: 'node >= 0.4' } }],
    ['engines are null', { release: { engines: null } }],
    ['"deprecated" is an object', { release: { deprecated: {} } }],
    ['"deprecated" is a number', { release: { deprecated: 5 } }],
    ['the folder of programs is a number', { release: { directories: { bin: 5 } } }],
    ['scripts are a text', { release: { scripts: 'install' } }],
    ['the digest of files is a number', { dist: { files: 5 } }],
    ['times are null', { packument: { time: null } }],
    ['a time is an object', { packument: { time: { '1.0.0': { toString: 1 } } } }],
    ['the last change is an object', { packument: { modified: { toString: 1 } } }],
  ]
  for (const [what, odd] of rows) {
    test(`gives the package when ${what}`, async () => {
      const graph = await graphWith(odd)
      assert.deepEqual([...graph.packages.keys()], ['p@1.0.0'])
      const text = formatLock({ graph, settings: {} })
      assert.equal(formatLock(parseLock(text, 'stele.lock')), text)
    })
  }

  for (const tarball of ['file:///x', 'not an address', 'http://[', 'git+ssh://x/y#1']) {
    test(`has no such version when its tarball is at "${tarball}"`, async () => {
      await assert.rejects(graphWith({ dist: { tarball } }), { code: 'version_absent' })
    })
  }

  test('ends with a SteleError or a lock that can be read, whatever the field is', async () => {
    const places = {
      packument: 'name dist-tags versions time modified',
      dist: 'tarball integrity shasum files attestations',
      release:
        'name version dist dependencies optionalDependencies peerDependencies peerDependenciesMeta ' +
        'bundleDependencies bundledDependencies bin directories engines os cpu libc deprecated ' +
        'hasInstallScript scripts',
    }
    const field = fc.constantFrom(
      ...Object.entries(places).flatMap(([place, names]) =>
        names.split(' ').map((name) => [place, name]),
      ),
    )
    const keys = ['bin', 'node', 'latest', '1.0.0', 'install', 'toString', 'p', 'x']
    const value = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()),
      fc.dictionary(
        fc.constantFrom(...keys),
        fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()),
      ),
    )
    await fc.assert(
      fc.asyncProperty(field, value, async ([place = '', name = ''], odd) => {
        const graph = await outcomeOf({ [place]: { [name]: odd } })
        if (graph === undefined) return
        const text = formatLock({ graph, settings: {} })
        assert.equal(formatLock(parseLock(text, 'stele.lock')), text)
      }),
      { numRuns: roundsOf({ modest: 100, full: 2_000 }) },
    )
  })
})
