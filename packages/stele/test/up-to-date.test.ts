import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { keepState, takeSnapshot } from '../src/client/repeat/state.ts'
import { findUpToDate } from '../src/client/repeat/up-to-date.ts'

const env = { HOME: '/nowhere', XDG_DATA_HOME: '/nowhere/data' }
const wanted = (folder: string, specifier = '^1.0.0') => ({
  folder,
  edges: [{ name: 'a', specifier, kind: 'dependencies' as const }],
})
const importers = [wanted('.', 'file:./a.tgz'), wanted('packages/w')]

/** A project that was installed a while ago, so that its files' times can be trusted. */
function makeInstalled(
  patterns = ['packages/*', 'apps/*'],
  isBuilt = false,
  runsScripts = false,
  typed: readonly string[] = [],
): Disposable & { readonly root: string } {
  const root = mkdtempSync(join(tmpdir(), 'stele-state-'))
  for (const folder of [
    'node_modules/.stele',
    'node_modules/.bin',
    'packages/w/node_modules',
    'apps',
  ])
    mkdirSync(join(root, folder), { recursive: true })
  for (const path of ['package.json', 'packages/w/package.json', 'stele.lock', 'a.tgz', '.npmrc'])
    writeFileSync(join(root, path), `first ${path}`)
  const watched = { root, importers, env, patterns }
  const snapshot = takeSnapshot(watched, Date.now() + 1000)
  const store = join(root, 'store')
  mkdirSync(join(store, 'slots'), { recursive: true })
  keepState({
    ...watched,
    cwd: root,
    snapshot,
    typed: { words: typed, environment: env },
    packages: 7,
    store,
    isBuilt,
    runsScripts,
  })
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) }
}

type Row = readonly [what: string, change: (root: string) => void]
const write =
  (path: string, text = 'other') =>
  (root: string): void =>
    writeFileSync(join(root, path), text)
const removed =
  (path: string) =>
  (root: string): void =>
    rmSync(join(root, path), { recursive: true })
const changes: readonly Row[] = [
  ['a package.json', write('package.json')],
  ['a package.json, to as many bytes', write('package.json', 'f1rst package.json')],
  ['the package.json of a package of the workspace', write('packages/w/package.json')],
  ['the lock', write('stele.lock')],
  ['a tarball that package.json names', write('a.tgz')],
  ['.npmrc', write('.npmrc')],
  ['pnpm-workspace.yaml, which was not there', write('pnpm-workspace.yaml')],
  ['node_modules, which is gone', removed('node_modules')],
  ['what is in node_modules', write('node_modules/stranger')],
  ['what is in the node_modules of a package of the workspace', removed('packages/w/node_modules')],
  ['node_modules/.bin', removed('node_modules/.bin')],
  ['the workspace, by another package', (root) => mkdirSync(join(root, 'packages/new'))],
  ['the workspace, by a package where none was', (root) => mkdirSync(join(root, 'apps/new'))],
  ['the store, by a removal', write('store/removals')],
  ['the store, which is gone', removed('store')],
  ['node_modules, which leads elsewhere', leadElsewhere],
  ['the state, which is cut off', write('node_modules/.stele/state.json', '{"version":1,')],
]
/** The same, behind a link: a repository may bring one along. */
function leadElsewhere(root: string): void {
  const place = join(root, 'node_modules')
  renameSync(place, join(root, 'elsewhere'))
  symlinkSync(join(root, 'elsewhere'), place)
}
const asked = (root: string) => ({ cwd: root, arguments: [] as readonly string[], env })

suite('findUpToDate()', () => {
  test('says how many packages there are when nothing changed, from any folder of the project', () => {
    using project = makeInstalled()
    assert.equal(findUpToDate(asked(project.root)), 7)
    assert.equal(findUpToDate(asked(join(project.root, 'packages/w/node_modules'))), 7)
  })

  for (const [what, change] of changes) {
    test(`says nothing when something changed: ${what}`, () => {
      using project = makeInstalled()
      change(project.root)
      assert.equal(findUpToDate(asked(project.root)), undefined)
    })
  }

  test('looks at the contents where only the times of a file changed, and then remembers these', () => {
    using project = makeInstalled()
    const path = join(project.root, 'package.json')
    utimesSync(path, 1, 1)
    assert.equal(findUpToDate(asked(project.root)), 7)
    writeFileSync(path, 'f1rst package.json')
    utimesSync(path, 1, 1)
    assert.equal(findUpToDate(asked(project.root)), undefined)
  })

  for (const [what, other] of [
    ['other arguments', { arguments: ['--layout', 'global'] }],
    ['another setting of npm', { env: { ...env, NPM_CONFIG_REGISTRY: 'other' } }],
    ['another store', { env: { ...env, XDG_DATA_HOME: '/elsewhere' } }],
  ] as const) {
    test(`says nothing when it is asked with ${what}`, () => {
      using project = makeInstalled()
      assert.equal(findUpToDate({ ...asked(project.root), ...other }), undefined)
    })
  }

  for (const typed of [
    ['--filter', '.'],
    ['-w', './x'],
    ['-C', 'x'],
  ]) {
    test(`says nothing when ${typed.join(' ')} is typed in another folder, where it means something else`, () => {
      using project = makeInstalled(undefined, false, false, typed)
      const again = { ...asked(project.root), arguments: typed }
      assert.equal(findUpToDate(again), 7)
      assert.equal(findUpToDate({ ...again, cwd: join(project.root, 'packages/w') }), undefined)
    })
  }

  test('says nothing in a project inside of the project that is no part of it', () => {
    using project = makeInstalled()
    mkdirSync(join(project.root, 'tool'))
    writeFileSync(join(project.root, 'tool/package.json'), '{}')
    assert.equal(findUpToDate(asked(join(project.root, 'tool'))), undefined)
  })

  test('says nothing where a file changed while it was being installed', () => {
    using project = makeInstalled()
    const watched = { root: project.root, importers, env, patterns: [] }
    const snapshot = takeSnapshot(watched, 0)
    const store = join(project.root, 'store')
    keepState({
      ...watched,
      cwd: project.root,
      snapshot,
      typed: { words: [], environment: env },
      packages: 7,
      store,
      isBuilt: false,
      runsScripts: false,
    })
    assert.equal(findUpToDate(asked(project.root)), undefined)
  })

  test('says nothing where packages of the workspace may lie in any depth', () => {
    using project = makeInstalled(['packages/**'])
    assert.equal(findUpToDate(asked(project.root)), undefined)
  })

  test('says nothing with another PATH where packages were built, since it names the Node that they were built for', () => {
    for (const isBuilt of [false, true]) {
      using project = makeInstalled(undefined, isBuilt)
      const other = { ...asked(project.root), env: { ...env, PATH: '/other' } }
      assert.equal(findUpToDate(other), isBuilt ? undefined : 7)
    }
  })

  test('leaves the scripts of the project to whoever can run them', () => {
    using project = makeInstalled(undefined, false, true)
    assert.equal(findUpToDate(asked(project.root)), undefined)
    assert.equal(findUpToDate({ ...asked(project.root), withScripts: true }), 7)
  })
})
