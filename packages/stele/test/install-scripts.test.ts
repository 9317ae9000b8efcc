import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { openStore } from '@stele/install'
import type { Graph } from '@stele/resolve/graph'
import { findWishes, readInstallScripts } from '../src/scripts/install-scripts.ts'

suite('install-scripts', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stele-install-scripts-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const write = (manifest: object, isGyp = false): void => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
    if (isGyp) writeFileSync(join(folder, 'binding.gyp'), '{}')
  }

  const compiled = 'install: node-gyp rebuild'
  // package.json, whether it has a binding.gyp, what is run; from a repository
  const rows: readonly (readonly [object, boolean, string, string?])[] = [
    [{}, false, ''],
    [{ scripts: { build: 'x', prepare: 'y' } }, false, '', 'prepare: y'],
    [{ scripts: { postinstall: 'b', preinstall: 'a' } }, false, 'preinstall: a, postinstall: b'],
    [{}, true, compiled],
    [{ gypfile: false }, true, ''],
    [{ scripts: { postinstall: 'b' } }, true, `${compiled}, postinstall: b`],
    [{ scripts: { preinstall: 'a' } }, true, 'preinstall: a'],
    [{ scripts: { install: 'own' } }, true, 'install: own'],
    [{ scripts: { install: 7, postinstall: null } }, false, ''],
    [{ scripts: 'none' }, false, ''],
  ]
  for (const [manifest, isGyp, wanted, ofGit = wanted] of rows) {
    const shown = `${JSON.stringify(manifest)}${isGyp ? ' with a binding.gyp' : ''}`
    test(`readInstallScripts() gives "${wanted}" for ${shown}`, () => {
      write(manifest, isGyp)
      const given = (isOfGit: boolean): string =>
        readInstallScripts(folder, isOfGit)
          .scripts.map(([event, script]) => `${event}: ${script}`)
          .join(', ')
      assert.equal(given(false), wanted)
      assert.equal(given(true), ofGit)
    })
  }

  test('findWishes() believes a package that it is to be compiled only where the registry or its files say so', () => {
    const release = { name: 'a', version: '1.0.0', dist: { tarball: '', integrity: 'sha512-x' } }
    const instance = { id: 'a@1.0.0', dependencies: new Map(), optional: new Set<string>() }
    const graphOf = (told: object): Graph => ({
      importers: [],
      packages: new Map([['a@1.0.0', { ...release, ...told }]]),
      instances: new Map([['a@1.0.0', instance]]),
    })
    const store = openStore(join(folder, 'store'))
    write({ scripts: { install: 'x' } })
    const wishes = (told: object, contents = folder): number =>
      findWishes({
        graph: graphOf(told),
        selected: new Set(['a@1.0.0']),
        store,
        contentsOf: () => contents,
        approvals: new Map(),
      }).length
    assert.equal(wishes({}), 0) // Its own package.json does not count where the registry's says nothing.
    assert.equal(wishes({ hasInstallScript: true }), 1)
    assert.equal(wishes({ scripts: { postinstall: 'y' } }), 1)
    assert.equal(wishes({ hasInstallScript: true }, ''), 0)
    mkdirSync(join(folder, 'staged', 'node_modules', 'a'), { recursive: true })
    writeFileSync(join(folder, 'staged', 'node_modules', 'a', 'binding.gyp'), '{}')
    store.place(
      { name: 'a', integrity: 'sha512-x', folder: join(folder, 'staged') },
      'f'.repeat(32),
      [],
    )
    assert.equal(wishes({}), 1)
  })
})
