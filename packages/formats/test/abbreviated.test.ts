// The abbreviated form of a manifest.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../src/public/json.ts'
import { abbreviate } from '../src/public/manifest.ts'

const id = { name: 'p', version: '1.0.0' }
const rows: readonly (readonly [claim: string, manifest: JsonObject, wanted: JsonObject])[] = [
  [
    'leaves out what installers do not need',
    { ...id, description: 'x', readme: 'x', scripts: { test: 'x' }, _id: 'x', exports: {} },
    {},
  ],
  [
    'keeps what they need',
    {
      dist: { shasum: 'x' },
      dependencies: { a: '1' },
      devDependencies: { b: '1' },
      engines: { node: '4' },
      funding: 'x',
      directories: {},
      _hasShrinkwrap: false,
      acceptDependencies: {},
    },
    {
      dist: { shasum: 'x' },
      dependencies: { a: '1' },
      devDependencies: { b: '1' },
      engines: { node: '4' },
      funding: 'x',
      directories: {},
      _hasShrinkwrap: false,
      acceptDependencies: {},
    },
  ],
  ['keeps a deprecation', { deprecated: 'use q' }, { deprecated: 'use q' }],
  ['drops an empty deprecation', { deprecated: '' }, {}],
  ['drops a deprecation of false', { deprecated: false }, {}],
  ['keeps hasInstallScript', { hasInstallScript: true }, { hasInstallScript: true }],
  [
    'makes hasInstallScript from the scripts',
    { scripts: { install: 'x' } },
    { hasInstallScript: true },
  ],
]
for (const [claim, manifest, wanted] of rows) {
  test(`abbreviate() ${claim}`, () => {
    assert.deepEqual(abbreviate({ ...id, ...manifest }), { ...id, ...wanted })
  })
}
