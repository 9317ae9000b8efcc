import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldScopes } from '../src/npm/habits.ts'

const rows: readonly (readonly [path: string, folded: string])[] = [
  ['/left-pad', '/left-pad'],
  ['/@s/x', '/@s%2Fx'],
  ['/@s%2fx', '/@s%2fx'],
  ['/%40s/x', '/%40s%2Fx'],
  ['/@s/x/-/x-1.0.0.tgz', '/@s%2Fx/-/x-1.0.0.tgz'],
  ['/@s/x/-/@s/x-1.0.0.tgz', '/@s%2Fx/-/@s%2Fx-1.0.0.tgz'],
  ['/-/package/@s/x/dist-tags', '/-/package/@s%2Fx/dist-tags'],
  ['/-/user/org.couchdb.user:x', '/-/user/org.couchdb.user:x'],
]
for (const [path, folded] of rows) {
  test(`foldScopes() gives ${folded} for ${path}, and nothing else when it is done again`, () => {
    assert.equal(foldScopes(path), folded)
    assert.equal(foldScopes(folded), folded)
  })
}
