import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { parseLock, reconcile } from '@stele/locks'
import { Overrides, parseOverrides, type WantedImporter } from '@stele/resolve'
import { checkLock, type LockRules } from '../src/client/lock/lock-rules.ts'

const commit = 'c'.repeat(40)
const archive = 'https://files.example/x.tgz'
const repository = 'github:owner/repo'

type Row = {
  readonly what: string
  /** What package.json wants of "a", and what the lock has of it. */
  readonly wants?: string
  readonly has?: string
  /** What "a" depends on in the lock. */
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peers?: Readonly<Record<string, string>>
  readonly overrides?: Readonly<Record<string, string>>
  readonly exotic?: readonly string[]
}

const sound: readonly Row[] = [
  { what: 'a version that fits' },
  { what: 'a tag', wants: 'latest', has: '7.0.0' },
  { what: 'an alias', wants: 'npm:b@^1', has: 'b@1.0.0' },
  { what: 'a package of the workspace', wants: 'workspace:^', has: 'link:packages/app' },
  { what: 'a package of the workspace, by its range', wants: '^3.0.0', has: 'link:packages/app' },
  { what: 'a folder that package.json names', wants: 'link:../other', has: 'link:../other' },
  { what: 'an archive that package.json names', wants: archive, has: `a@${archive}` },
  { what: 'a commit of the branch', wants: 'owner/repo#main', has: `a@${repository}#${commit}` },
  { what: 'the commit', wants: `owner/repo#${commit}`, has: `a@${repository}#${commit}` },
  { what: 'what an override says', wants: '^1.0.0', has: '2.0.0', overrides: { a: '2.0.0' } },
  { what: 'a peer of the workspace', dependencies: { app: 'link:packages/app' } },
  {
    what: 'an archive that is allowed to this package',
    dependencies: { x: `x@${archive}` },
    exotic: ['a'],
  },
  {
    what: 'an archive that an override names',
    dependencies: { x: `x@${archive}` },
    overrides: { x: archive },
  },
]

const refused: readonly Row[] = [
  { what: 'a version that does not fit', has: '2.0.0' },
  { what: 'another package', has: 'evil@1.0.0' },
  { what: 'another than the alias', wants: 'npm:b@^1', has: 'a@1.0.0' },
  { what: 'a folder in place of a package', has: 'link:../../home' },
  { what: 'another package of the workspace', wants: 'workspace:^', has: 'link:packages/other' },
  { what: 'a package of the workspace that does not fit', has: 'link:packages/app' },
  { what: 'another folder', wants: 'link:../other', has: 'link:../..' },
  { what: 'an archive in place of a package', has: `a@${archive}` },
  { what: 'another archive', wants: `${archive}?2`, has: `a@${archive}` },
  { what: 'another repository', wants: 'owner/other', has: `a@${repository}#${commit}` },
  {
    what: 'another commit',
    wants: `owner/repo#${'d'.repeat(40)}`,
    has: `a@${repository}#${commit}`,
  },
  { what: 'what an override forbids', has: '1.0.0', overrides: { a: '2.0.0' } },
  { what: 'an archive below a package', dependencies: { x: `x@${archive}` } },
  { what: 'a commit below a package', dependencies: { x: `x@${repository}#${commit}` } },
  { what: 'a folder below a package', dependencies: { x: 'link:../../home' } },
  {
    what: 'an archive that is called a peer',
    dependencies: { x: `x@${archive}` },
    peers: { x: '*' },
  },
]

/** A lock with the line of "a" as it is told; every package that it names has a line. */
function lockOf({ wants = '^1.0.0', has = '1.0.0', dependencies = {}, peers }: Row): string {
  const line = peers === undefined ? { dependencies } : { dependencies, peers }
  const ids = [has.includes('@') ? has : `a@${has}`, ...Object.values(dependencies)]
  const packages = ids
    .filter((id) => !id.startsWith('link:') && !id.includes('@link:'))
    .map((id) => [id, factsOf(id)] as const)
  const [first] = packages
  const all = Object.fromEntries(packages)
  return JSON.stringify({
    lockVersion: 1,
    settings: {},
    importers: {
      '.': { a: ['dependencies', wants, has] },
      'packages/app': {},
      'packages/other': {},
    },
    packages: first === undefined ? {} : { ...all, [first[0]]: { ...first[1], ...line } },
    contexts: {},
  })
}

function factsOf(id: string): object {
  const address = id.slice(id.indexOf('@', 1) + 1)
  return /^[\d.]+$/.test(address) ? {} : { version: '1.0.0', tarball: address }
}

function check(row: Row): void {
  const { wants = '^1.0.0', overrides, exotic = [] } = row
  const wanted: readonly WantedImporter[] = [
    { folder: '.', edges: [{ name: 'a', specifier: wants, kind: 'dependencies' }] },
    { folder: 'packages/app', name: nameOf(row), version: '3.1.0', edges: [] },
    { folder: 'packages/other', name: 'other', edges: [] },
  ]
  const rules: LockRules = {
    overrides: overrides && new Overrides(parseOverrides(overrides, (_, value) => value)),
    allowsSource: (_, by) => exotic.includes(by.name),
  }
  const { graph, drift } = reconcile(parseLock(lockOf(row), 'stele.lock').graph, wanted)
  assert.deepEqual(drift, [])
  checkLock(graph, { path: 'stele.lock', wanted, rules })
}

/** The package of the workspace is called as it is depended on. */
function nameOf({ has = '' }: Row): string {
  return has.startsWith('link:packages') ? 'a' : 'app'
}

suite('checkLock()', () => {
  for (const row of sound) test(`takes ${row.what}`, () => check(row))
  for (const row of refused) {
    test(`refuses ${row.what}, by the line that has it`, () => {
      assert.throws(
        () => check(row),
        (error) =>
          isSteleError(error, 'lock_refused') && /^a(?:@1\.0\.0)?$/.test(error.details.line),
      )
    })
  }
})
