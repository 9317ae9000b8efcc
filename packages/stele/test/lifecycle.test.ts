import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Project } from '../src/client/project/project.ts'
import { hasOwnScripts } from '../src/client/scripts/lifecycle.ts'

const projectOf = (scripts: { readonly [folder: string]: string }): Project => ({
  root: '/p',
  importers: [],
  manifests: Object.entries({ '.': '', ...scripts }).map(([folder, name]) => ({
    folder,
    manifest: { scripts: { [name]: 'x' } },
  })),
  members: ['a'],
  catalogs: new Map(),
  settingsFile: {},
})

// folder, its script, run where all is installed, run where a package is added
const rows = [
  ['.', 'preinstall', true, false],
  ['.', 'postinstall', true, false],
  ['.', 'prepare', true, false],
  ['.', 'dependencies', true, true],
  ['.', 'build', false, false],
  ['a', 'prepare', true, true],
  ['a', 'preinstall', true, true],
  ['a', 'dependencies', false, false],
  ['linked', 'postinstall', false, false],
] as const
for (const [folder, script, whole, added] of rows) {
  const runs = [whole ? 'all is installed' : '', added ? 'a package is added' : '']
  const when = runs.filter((each) => each !== '').join(' and when ') || 'never'
  test(`hasOwnScripts() counts "${script}" of ${folder} when ${when}`, () => {
    const project = projectOf({ [folder]: script })
    assert.equal(hasOwnScripts(project, { isWhole: true, isIgnored: false }), whole)
    assert.equal(hasOwnScripts(project, { isWhole: false, isIgnored: false }), added)
    assert.equal(hasOwnScripts(project, { isWhole: true, isIgnored: true }), false)
  })
}
