import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readDocument, writeTable } from '../architecture.ts'
import { root } from '../run.ts'

test('the table of packages in ARCHITECTURE.md is the one that "npm run architecture" writes', () => {
  assert.equal(writeTable(readDocument()), readDocument())
})

const document = readDocument().replaceAll(/\s+/g, ' ')
const paths = new Set(
  Array.from(
    document.matchAll(/`((?:packages|conformance|scripts)\/[^`\s]+)`/g),
    ([, path = '']) => path,
  ),
)
const symbols = Array.from(
  document.matchAll(/`(packages\/[^`\s]+\.ts)` `(\w+)`/g),
  ([, path = '', name = '']) => ({ path, name }),
)

test('ARCHITECTURE.md names paths and symbols', () => {
  assert.ok(paths.size > 10)
  assert.ok(symbols.length > 10)
})
for (const path of paths) {
  test(`ARCHITECTURE.md names the path ${path}, which exists`, () => {
    assert.ok(existsSync(join(root, path)))
  })
}
for (const { path, name } of symbols) {
  test(`ARCHITECTURE.md names ${name}, which ${path} declares`, () => {
    const source = readFileSync(join(root, path), 'utf8')
    assert.match(
      source,
      new RegExp(`export (?:async )?(?:function\\*?|class|const|type) ${name}\\b`),
    )
  })
}
