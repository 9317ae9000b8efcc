import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Locked } from '../src/crawl.ts'
import { fitsWanted, takePinned } from '../src/pinned.ts'
import { resolve } from '../src/resolve.ts'
import { packumentOf, portsOf, wanting } from './made-registry.ts'

const packument = packumentOf('a', { '1.0.0': {}, '1.1.0': {}, '2.0.0': {} })

// what is wanted, the pinned version, what is taken
const rows: readonly (readonly [wanted: string, version: string, taken: string | undefined])[] = [
  ['^1.0.0', '1.0.0', '1.0.0'],
  ['^1.0.0', '2.0.0', undefined],
  ['^1.0.0', '1.0.9', undefined],
  ['latest', '1.0.0', '1.0.0'],
  ['*', '1.1.0', '1.1.0'],
]
for (const [wanted, version, taken] of rows) {
  test(`takePinned() takes ${taken ?? 'nothing'} when ${version} is pinned and "${wanted}" wanted`, () => {
    assert.equal(takePinned(packument, { wanted }, { version })?.version, taken)
  })
}

test('takePinned() keeps the sha512 that the version was chosen with, and no weaker one', () => {
  const taken = (integrity: string): string | undefined =>
    takePinned(packument, { wanted: '*' }, { version: '1.0.0', integrity })?.dist.integrity
  assert.equal(taken('sha1-b sha512-old=='), 'sha512-old==')
  assert.equal(taken('sha1-b'), 'sha512-a@1.0.0')
})

test('takePinned() keeps a SHA-1 that the registry does not tell any more', () => {
  const shasum = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'
  const integrity = 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk='
  const dist = { tarball: '', integrity: 'sha512-n', shasum }
  const told = { ...packument, versions: { '1.0.0': { name: 'a', version: '1.0.0', dist } } }
  const taken = (old: string): string | undefined =>
    takePinned(told, { wanted: '*' }, { version: '1.0.0', integrity: old })?.dist.integrity
  assert.equal(taken(integrity), 'sha512-n')
  assert.equal(taken('sha1-other='), 'sha1-other=')
})

test('fitsWanted() is true of any version when a tag is wanted', () => {
  assert.equal(fitsWanted('1.0.0', 'next'), true)
})

test('resolve() gives each dependency the version that is pinned for it, also where two want the same range', async () => {
  const made = {
    a: { '1.0.0': {}, '1.1.0': {}, '1.2.0': {} },
    b: { '1.0.0': { dependencies: { a: '^1.0.0' } } },
    c: { '1.0.0': { dependencies: { a: '^1.0.0' } } },
  }
  const pins: { readonly [from: string]: string } = { 'b@1.0.0': '1.0.0', 'c@1.0.0': '1.1.0' }
  const locked: Locked = {
    direct: () => undefined,
    node: () => undefined,
    versions: () => [],
    pinned: (from) => ({ version: pins[from] ?? '1.0.0' }),
  }
  const { graph } = await resolve([wanting({ b: '*', c: '*' })], portsOf(made), { locked })
  assert.deepEqual([...graph.packages.keys()], ['a@1.0.0', 'a@1.1.0', 'b@1.0.0', 'c@1.0.0'])
})
