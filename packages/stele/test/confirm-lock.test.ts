import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { Overrides, parseOverrides } from '@stele/resolve'
import type { Graph, Release } from '@stele/resolve/graph'
import {
  type Confirming,
  confirmPackages,
  confirmTarballs,
} from '../src/client/lock/confirm-lock.ts'

const registry = 'https://registry.example/team/'

type Told = Partial<Release>

/** What is compared, without a network: `registry` is what the registry says of "a"; it must not be asked where that is absent. */
type Asked = {
  readonly registry?: Told
  readonly overrides?: Readonly<Record<string, string>>
  readonly extend?: (release: Release) => Release
}

function confirming({ registry: told, overrides, extend }: Asked): Confirming {
  const rule = overrides && new Overrides(parseOverrides(overrides, (_, value) => value))
  return {
    path: 'stele.lock',
    rules: { overrides: rule, extend },
    config: { registryOf: () => registry },
    registries: {
      packument: async (name) => {
        assert.ok(told !== undefined, 'the registry was asked')
        const release = { name, version: '1.0.0', dist: { tarball: '' }, ...told }
        return { name, 'dist-tags': {}, versions: { '1.0.0': release } }
      },
    },
  }
}

/** "a" with what the lock tells of it, and a "b" of two versions. */
function graphOf(told: Told, dependencies: Readonly<Record<string, string>> = {}): Graph {
  const release = (name: string, version: string): Release => ({
    name,
    version,
    dist: { tarball: '' },
  })
  const a = { ...release('a', '1.0.0'), ...told }
  const others = [release('b', '1.0.0'), release('b', '2.0.0'), release('evil', '1.0.0')]
  const all = [a, ...others].map((each) => [`${each.name}@${each.version}`, each] as const)
  const instances = all.map(([id]) => {
    const own = id === 'a@1.0.0' ? dependencies : {}
    return [
      id,
      { id, dependencies: new Map(Object.entries(own)), optional: new Set<string>() },
    ] as const
  })
  return { importers: [], packages: new Map(all), instances: new Map(instances) }
}

type Row = Asked & {
  readonly what: string
  /** What its package.json says. */
  readonly manifest?: object
  readonly locked?: Told
  readonly dependencies?: Readonly<Record<string, string>>
}

const wantsB = { dependencies: { b: '^1.0.0' } }
const toB = { b: 'b@1.0.0' }
const sound: readonly Row[] = [
  { what: 'a version that the range allows', manifest: wantsB, dependencies: toB },
  { what: 'a tag', manifest: { dependencies: { b: 'next' } }, dependencies: { b: 'b@2.0.0' } },
  {
    what: 'an alias',
    manifest: { optionalDependencies: { c: 'npm:b@2' } },
    dependencies: { c: 'b@2.0.0' },
  },
  {
    what: 'a peer, whichever it finds',
    manifest: { peerDependencies: { b: '^1.0.0' } },
    dependencies: { b: 'b@2.0.0' },
  },
  {
    what: 'what an override says',
    manifest: wantsB,
    dependencies: { b: 'b@2.0.0' },
    overrides: { b: '2.0.0' },
  },
  {
    what: 'what the project adds',
    dependencies: toB,
    extend: (release) => ({ ...release, ...wantsB }),
  },
  { what: 'its program', manifest: { bin: './run.js' }, locked: { bin: { a: 'run.js' } } },
  {
    what: 'what only the registry says',
    manifest: {},
    dependencies: toB,
    registry: wantsB,
  },
  { what: 'nothing, without a look at it' },
]
const refused: readonly (Row & { readonly said: RegExp })[] = [
  {
    what: 'a dependency that it does not have',
    dependencies: { evil: 'evil@1.0.0' },
    registry: {},
    said: /does not want "evil@1\.0\.0" as its "evil"/,
  },
  {
    what: 'a version that its range forbids',
    manifest: wantsB,
    dependencies: { b: 'b@2.0.0' },
    registry: wantsB,
    said: /does not want "b@2\.0\.0"/,
  },
  {
    what: 'another package by that name',
    manifest: wantsB,
    dependencies: { b: 'evil@1.0.0' },
    registry: wantsB,
    said: /does not want "evil@1\.0\.0" as its "b"/,
  },
  {
    what: 'a program that it does not bring',
    manifest: { bin: './run.js' },
    locked: { bin: { npm: 'run.js' } },
    registry: { bin: './run.js' },
    said: /has no program "npm"/,
  },
  {
    what: 'another file as its program',
    manifest: { bin: './run.js' },
    locked: { bin: { a: 'test/evil.js' } },
    registry: { bin: './run.js' },
    said: /has no program "a"/,
  },
  {
    what: 'other bytes than the registry has',
    manifest: { name: 'evil' },
    locked: { bin: 'run.js', dist: { tarball: '', integrity: 'sha512-evil' } },
    registry: { bin: 'run.js', dist: { tarball: '', integrity: 'sha512-a' } },
    said: /calls it "evil@1\.0\.0"/,
  },
]

async function compare({ manifest, locked = {}, dependencies, ...asked }: Row): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'confirm-'))
  try {
    const text = JSON.stringify({ name: 'a', version: '1.0.0', ...manifest })
    if (manifest !== undefined || dependencies !== undefined)
      writeFileSync(join(folder, 'package.json'), text)
    const placed = { keys: ['a@1.0.0'], folderOf: () => folder }
    await confirmPackages(graphOf(locked, dependencies), placed, confirming(asked))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

suite('confirmPackages()', () => {
  for (const row of sound) test(`takes ${row.what}`, () => compare(row))
  for (const { said, ...row } of refused) {
    test(`refuses ${row.what}`, () => assert.rejects(compare(row), isRefused(said)))
  }
})

const addresses: readonly (readonly [
  tarball: string,
  registry: string | undefined,
  isTaken: boolean,
])[] = [
  [`${registry}download/a/1.0.0/abc`, undefined, true],
  [`${registry}a/-/other-a-1.0.0.tgz`, undefined, true],
  ['https://cdn.example/a-1.0.0.tgz', 'https://cdn.example/a-1.0.0.tgz', true],
  ['https://cdn.example/a-1.0.0.tgz', '', false],
  [`${registry}evil/-/evil-1.0.0.tgz`, '', false],
  [`${registry}@evil/a/-/a-1.0.0.tgz`, '', false],
  [`${registry}a/%2e%2e%2fevil/-/evil-1.0.0.tgz`, '', false],
  [`${registry}a/-/a-2.0.0.tgz`, '', false],
  ['http://registry.example/team/a/-/a-1.0.0.tgz', '', false],
  ['https://registry.example/evil/a/-/a-1.0.0.tgz', '', false],
]

suite('confirmTarballs()', () => {
  for (const [tarball, told, isTaken] of addresses) {
    test(`${isTaken ? 'takes' : 'refuses'} ${tarball} ${told === undefined ? 'unasked' : `where the registry says "${told}"`}`, async () => {
      const asked = told === undefined ? {} : { registry: { dist: { tarball: told } } }
      const found = confirmTarballs(graphOf({ dist: { tarball } }), confirming(asked))
      await (isTaken ? found : assert.rejects(found, isRefused(/has its tarball elsewhere/)))
    })
  }
})

function isRefused(said: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isSteleError(error, 'lock_refused'), String(error))
    assert.equal(error.details.line, 'a@1.0.0')
    assert.match(error.details.reason, said)
    return true
  }
}
