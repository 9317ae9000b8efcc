import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@stele/formats/json'
import { packageVariables } from '../src/scripts/package-variables.ts'

// a package.json, the variables that it becomes
const rows: readonly (readonly [JsonObject, { readonly [name: string]: string }])[] = [
  [
    { name: 'a', version: '1.0.0' },
    { npm_package_name: 'a', npm_package_version: '1.0.0' },
  ],
  [{ scripts: { install: 'foo.js' } }, { npm_package_scripts_install: 'foo.js' }],
  [{ keywords: ['a', 'b'] }, { npm_package_keywords_0: 'a', npm_package_keywords_1: 'b' }],
  [
    { private: true, type: null },
    { npm_package_private: 'true', npm_package_type: '' },
  ],
  [{ _id: 'x', a: { _b: 1, c: 2 } }, { npm_package_a_c: '2' }],
  [{ exports: { './b-c': 'x' } }, { npm_package_exports___b_c: 'x' }],
  [
    { bin: { 'my-tool': 't.js' } },
    { npm_package_bin_my_tool: 't.js', 'npm_package_bin_my-tool': 't.js' },
  ],
  [{ description: 'x'.repeat(40_000) }, {}],
]
for (const [manifest, variables] of rows) {
  const shown = JSON.stringify(manifest).slice(0, 60)
  test(`packageVariables() gives ${Object.keys(variables).join(', ')} for ${shown}`, () => {
    assert.deepEqual(packageVariables(manifest), variables)
  })
}
