import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { digestAt, foldersIn, keepTree, repeatInstall } from '../src/client/repeat/kept-tree.ts'
import { environmentOf, findUpToDate } from '../src/client/repeat/up-to-date.ts'

const main = new URL(import.meta.url)
const onWait = assert.fail
const typed = ['--omit', 'dev']

type Place = { readonly folder: string; readonly root: string; readonly env: NodeJS.ProcessEnv }

/** Files of a project; the second place has the same. */
function fillProject(root: string): void {
  for (const path of ['packages/w', 'packages/v']) mkdirSync(join(root, path), { recursive: true })
  for (const path of ['package.json', 'packages/w/package.json', 'stele.lock', '.npmrc'])
    writeFileSync(join(root, path), `first ${path}`)
}

/** A project whose tree was kept, and another folder with the same files and no node_modules. */
function makeKept(isBuilt = false): Place & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'stele-kept-'))
  const [first, root] = [join(folder, 'first'), join(folder, 'second')]
  for (const each of [first, root]) fillProject(each)
  const env = { HOME: folder, XDG_DATA_HOME: join(folder, 'data'), PATH: '/bin', CI: '1' }
  const files = ['package.json', 'packages/w/package.json', '.npmrc', 'pnpm-workspace.yaml']
  const tree = {
    environment: environmentOf(env, isBuilt),
    isBuilt,
    importers: ['.', 'packages/w'],
    files: [...files, join(folder, '.npmrc')].map((path) => [path, digestAt(first, path)] as const),
    folders: [['packages', foldersIn(first, 'packages')]] as const,
    needed: [],
    plan: {
      layout: 'global' as const,
      packages: {},
      units: [],
      links: [['node_modules/w', { kind: 'folder', path: 'packages/w' }]] as const,
      bins: [],
      modules: ['node_modules'],
    },
    notices: ['Something that a person should know'],
  }
  keepTree(tree, first, { cwd: first, arguments: typed, env })
  return { folder, root, env, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

const repeat = ({ root, env }: Place, asked = typed, cwd = root): Promise<string | undefined> =>
  repeatInstall({ cwd, arguments: asked, env }, { main, onWait })

suite('repeatInstall()', () => {
  test('makes what another folder with the same files has; the next installation has nothing to do', async () => {
    using place = makeKept()
    const said = await repeat(place)
    assert.match(said ?? '', /^Something that a person should know\n0 packages: 0 added, [\d.]+ s$/)
    assert.ok(existsSync(join(place.root, 'node_modules/w/package.json')))
    assert.equal(findUpToDate({ cwd: place.root, arguments: typed, env: place.env }), 0)
    assert.equal(await repeat(place), undefined)
  })

  const write =
    (path: string) =>
    ({ root }: Place): void =>
      writeFileSync(join(root, path), 'other')
  const changes: readonly (readonly [what: string, change: (place: Place) => void])[] = [
    ['package.json is another', write('package.json')],
    ['the package.json of a package of the workspace is another', write('packages/w/package.json')],
    ['the lock is another', write('stele.lock')],
    ['.npmrc is another', write('.npmrc')],
    ['.npmrc is gone', ({ root }) => rmSync(join(root, '.npmrc'))],
    ['pnpm-workspace.yaml is there', write('pnpm-workspace.yaml')],
    ['the .npmrc of the user is there', ({ folder }) => writeFileSync(join(folder, '.npmrc'), '')],
    ['the workspace has another folder', ({ root }) => mkdirSync(join(root, 'packages/new'))],
    ['the store was removed', ({ folder }) => rmSync(join(folder, 'data'), { recursive: true })],
    ['node_modules is there', ({ root }) => mkdirSync(join(root, 'node_modules'))],
    [
      'a package of the workspace has a node_modules',
      ({ root }) => mkdirSync(join(root, 'packages/w/node_modules')),
    ],
    ['the environment says something else', ({ env }) => void (env['npm_config_layout'] = 'x')],
  ]
  for (const [what, change] of changes) {
    test(`does nothing when ${what}`, async () => {
      using place = makeKept()
      change(place)
      assert.equal(await repeat(place), undefined)
      assert.ok(!existsSync(join(place.root, 'node_modules/w')))
    })
  }

  test('does nothing when something else was typed, or elsewhere', async () => {
    using place = makeKept()
    assert.equal(await repeat(place, []), undefined)
    assert.equal(await repeat(place, typed, join(place.root, 'packages/w')), undefined)
    assert.equal(await repeat(place, typed, place.folder), undefined)
  })

  test('does nothing for another Node in PATH when packages were built', async () => {
    using built = makeKept(true)
    assert.equal(await repeat({ ...built, env: { ...built.env, PATH: '/other' } }), undefined)
    assert.ok((await repeat(built)) !== undefined)
    using plain = makeKept()
    assert.ok((await repeat({ ...plain, env: { ...plain.env, PATH: '/other' } })) !== undefined)
  })
})
