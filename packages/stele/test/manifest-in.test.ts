import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { manifestIn } from '../src/client/project/manifest-in.ts'

// the text of a package.json, and what is found
const texts: readonly (readonly [string | undefined, object | undefined])[] = [
  ['{"name":"a"}', { name: 'a' }],
  ['\uFEFF{"name":"a"}', { name: 'a' }],
  ['{"name":"a",}', undefined],
  ['[]', undefined],
  ['"a"', undefined],
  ['', undefined],
  [undefined, undefined],
]
for (const [text, found] of texts) {
  test(`manifestIn() finds ${JSON.stringify(found)} where package.json is ${JSON.stringify(text)}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'manifest-in-'))
    try {
      if (text !== undefined) writeFileSync(join(folder, 'package.json'), text)
      assert.deepEqual(manifestIn(folder), found)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}
