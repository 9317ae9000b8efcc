import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProperty } from '../src/properties.ts'

const table: readonly (readonly [claim: string, text: string, value: string | undefined])[] = [
  ['a plain line', 'packages=bundles/dn_lodash', 'bundles/dn_lodash'],
  ['a colon, and blanks', '  packages : a,b', 'a,b'],
  ['a blank alone', 'packages a', 'a'],
  ['comments and other keys', '# packages=x\n!y\npackage=z\npackages=a\r\n', 'a'],
  ['lines that go on', 'packages=a,\\\n   b,\\\r\n\tc\nother=d', 'a,b,c'],
  ['a backslash that is one', 'packages=a\\\\\nb=c', 'a\\'],
  ['a line that goes on with a backslash', 'packages=a\\\n\\\\b', 'a\\b'],
  ['millions of backslashes', `a=${'\\'.repeat(2e6)}b\npackages=a`, 'a'],
  ['a line of many parts', `packages=${'a\\\n'.repeat(2e5)}`, 'a'.repeat(2e5)],
  ['escapes', 'packages=\\u00e4\\tb\\:c', 'ä\tb:c'],
  ['the last one', 'packages=a\npackages=b', 'b'],
  ['nothing', 'other=a', undefined],
  ['no value', 'packages', ''],
]

for (const [claim, text, value] of table) {
  test(`readProperty() reads ${claim}`, () => {
    assert.equal(readProperty(text, 'packages'), value)
  })
}
