import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { readProject } from '../src/client/project/project.ts'
import { findRoot, memberFolders } from '../src/client/project/workspaces.ts'

suite('workspaces', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(realpathSync(tmpdir()), 'stele-workspaces-'))
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))
  const write = (path: string, content: object | string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    writeFileSync(join(root, path), text)
  }
  const packages = (...folders: readonly string[]): void => {
    for (const folder of folders)
      write(`${folder}/package.json`, { name: folder.replace('/', '-') })
  }

  const patterns: readonly (readonly [patterns: readonly string[], folders: readonly string[]])[] =
    [
      [['packages/*'], ['packages/a', 'packages/b']],
      [['./packages/*/'], ['packages/a', 'packages/b']],
      [['packages/a'], ['packages/a']],
      [['packages/{a,b}'], ['packages/a', 'packages/b']],
      [['packages/*', '!packages/b'], ['packages/a']],
      [['packages/**'], ['packages/a', 'packages/b', 'packages/b/test/deep']],
      [
        ['**', '!**/test/**'],
        ['apps/web', 'packages/a', 'packages/b'],
      ],
      [
        ['apps/*', 'packages/a', 'apps/web'],
        ['apps/web', 'packages/a'],
      ],
      [['nothing/*'], []],
      [[], []],
    ]
  for (const [written, folders] of patterns) {
    test(`memberFolders() finds ${folders.length} packages for ${JSON.stringify(written)}`, async () => {
      packages('packages/a', 'packages/b', 'packages/b/test/deep', 'apps/web')
      packages('packages/a/node_modules/x')
      write('packages/none/readme.md', '')
      assert.deepEqual(await memberFolders(root, written), folders)
    })
  }

  test('memberFolders() finds nothing outside of the root, by a pattern or by a link', async () => {
    packages('inner/packages/a', 'outer/b')
    symlinkSync(join(root, 'outer/b'), join(root, 'inner/packages/link'))
    const patterns = ['packages/*', '../outer/*', '../**']
    assert.deepEqual(await memberFolders(join(root, 'inner'), patterns), ['packages/a'])
  })

  test('findRoot() finds the workspace that a folder within a member belongs to', async () => {
    write('package.json', { workspaces: ['packages/*'] })
    packages('packages/a', 'other/b')
    mkdirSync(join(root, 'packages/a/src/deep'), { recursive: true })
    assert.equal(await findRoot(join(root, 'packages/a/src/deep')), root)
    assert.equal(await findRoot(join(root, 'other/b')), join(root, 'other/b'))
    assert.equal(await findRoot(root), root)
  })

  test('findRoot() finds the workspace of a pnpm-workspace.yaml', async () => {
    write('package.json', {})
    write('pnpm-workspace.yaml', 'packages:\n  - "packages/*"\n')
    packages('packages/a')
    assert.equal(await findRoot(join(root, 'packages/a')), root)
  })

  test('readProject() replaces what catalogs have, in the forms of pnpm and bun', async () => {
    write('package.json', {
      workspaces: { packages: ['a'], catalogs: { old: { react: '^17.0.0' } } },
      catalog: { react: '^19.0.0' },
    })
    write('pnpm-workspace.yaml', 'catalog:\n  ms: ^2.0.0\n')
    write('a/package.json', {
      name: 'a',
      dependencies: { react: 'catalog:', ms: 'catalog:default' },
      devDependencies: { old: 'catalog:old', react: 'catalog:old' },
    })
    await assert.rejects(readProject(root), (error) => {
      assert.ok(isSteleError(error, 'specifier_invalid'))
      assert.match(error.message, /the catalog "old" has no "old", wanted by a\/package\.json/)
      return true
    })
    write('a/package.json', {
      name: 'a',
      dependencies: { ms: 'catalog:' },
      devDependencies: { react: 'catalog:old' },
    })
    const { importers } = await readProject(root)
    const wanted = importers.map(({ folder, edges }) => [
      folder,
      ...edges.map(({ name, specifier }) => `${name}@${specifier}`),
    ])
    assert.deepEqual(wanted, [['.'], ['a', 'ms@^2.0.0', 'react@^17.0.0']])
  })

  // package.json, and what is said of it
  const wrong: readonly (readonly [text: string, message: RegExp])[] = [
    ['{"dependencies":["a"]}', /package\.json:1:17: "dependencies" must be an object of names/],
    ['{"devDependencies":"a"}', /package\.json:1:20: "devDependencies" must be an object/],
    [
      '{\n  "dependencies": {\n    "a": 2\n  }\n}',
      /package\.json:3:10: "a" below "dependencies" must be a text such as "\^1\.0\.0", and is 2$/,
    ],
    ['{"peerDependencies":{"a":null}}', /1:26: "a" below "peerDependencies" .* is null$/],
  ]
  for (const [text, message] of wrong) {
    test(`readProject() refuses ${JSON.stringify(text)}`, async () => {
      write('package.json', text)
      await assert.rejects(readProject(root), { code: 'manifest_unreadable', message })
    })
  }

  test('readProject() takes null and an empty list for no dependencies', async () => {
    write('package.json', { dependencies: null, devDependencies: [] })
    assert.deepEqual((await readProject(root)).importers[0]?.edges, [])
  })

  test('readProject() wants peers, but none that are optional', async () => {
    write('package.json', {
      peerDependencies: { react: '*', vue: '*' },
      peerDependenciesMeta: { vue: { optional: true } },
    })
    const { importers } = await readProject(root)
    const react = { name: 'react', specifier: '*', kind: 'dependencies', isPeer: true }
    assert.deepEqual(importers[0]?.edges, [react])
  })

  test('readProject() takes in folders of this project that file: links, without what develops them', async () => {
    write('package.json', { dependencies: { lib: 'file:vendor/lib', out: 'file:../elsewhere' } })
    write('vendor/lib/package.json', {
      dependencies: { more: 'file:../more' },
      devDependencies: { jest: '*' },
    })
    write('vendor/more/package.json', {})
    const { importers } = await readProject(root)
    assert.deepEqual(
      importers.map(({ folder, edges }) => [folder, edges.map(({ name }) => name)]),
      [
        ['.', ['lib', 'out']],
        ['vendor/lib', ['more']],
        ['vendor/more', []],
      ],
    )
  })

  test('readProject() takes in no folder that a link has outside of this project', async () => {
    const project = join(root, 'project')
    write('other/package.json', { dependencies: { a: '*' } })
    write('project/package.json', { dependencies: { lib: 'file:lib' } })
    symlinkSync('../other', join(project, 'lib'))
    const { importers } = await readProject(project)
    assert.deepEqual(
      importers.map(({ folder }) => folder),
      ['.'],
    )
  })

  test('readProject() refuses two packages of one name', async () => {
    write('package.json', { workspaces: ['a', 'b'] })
    write('a/package.json', { name: 'same' })
    write('b/package.json', { name: 'same' })
    await assert.rejects(readProject(root), (error) => {
      assert.ok(isSteleError(error, 'workspace_duplicate'))
      assert.deepEqual(error.details.folders, ['a', 'b'])
      return true
    })
  })

  test('readProject() says where a package.json is broken', async () => {
    write('package.json', { workspaces: ['a'] })
    write('a/package.json', '{\n  "name": "a",\n}\n')
    await assert.rejects(readProject(root), (error) => {
      assert.ok(isSteleError(error, 'manifest_unreadable'))
      assert.match(error.message, /a\/package\.json:3:1: remove the comma before "}"/)
      return true
    })
  })
})
