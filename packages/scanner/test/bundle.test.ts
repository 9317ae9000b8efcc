import assert from 'node:assert/strict'
import { test } from 'node:test'
import { translateBundle } from '../src/bundle.ts'

const manifestOf = (text: string): Parameters<typeof translateBundle>[0] => ({
  path: 'aceeditor/manifest.json',
  mode: 644,
  content: Buffer.from(text),
})

test('translateBundle() gives every member as it stands, but for its location', () => {
  const members = {
    name: 'aceeditor',
    'ACE-VERSION': '1.1.1',
    version: '3.1.0-SNAPSHOT',
    title: '${bundleName}',
    dependencies: { 'apprt-core': '~4.2.3' },
    components: [{ name: 'Editor', impl: 'Editor' }],
  }
  const translated = translateBundle(
    manifestOf(JSON.stringify({ ...members, location: '/js/bundles' })),
  )
  assert.ok('packageJson' in translated)
  const { path, content } = translated.packageJson
  assert.equal(path, 'aceeditor/package.json')
  assert.deepEqual(JSON.parse(Buffer.from(content).toString()), members)
})

const faults: readonly (readonly [claim: string, text: string, fault: RegExp])[] = [
  ['text', 'hello', /aceeditor\/manifest\.json/],
  ['a list', '[]', /it is not an object/],
  ['more than a package.json may have', ' '.repeat(4 * 2 ** 20 + 1), /more than 4194304 bytes/],
  ['no name', '{"version":"1.0.0"}', /has no "name"/],
  ['no version', '{"name":"a"}', /has no "version"/],
  ['a number for a version', '{"name":"a","version":1}', /has no "version"/],
  [
    'a browser extension',
    '{"name":"a","version":"1.0.0","manifest_version":3}',
    /that of a browser extension/,
  ],
  [
    'the members of map.apps 3',
    '{"Bundle-SymbolicName":"a","Bundle-Version":"1.0.0"}',
    /members of map\.apps 3; give it a "name"/,
  ],
]

for (const [claim, text, fault] of faults) {
  test(`translateBundle() says why ${claim} is no bundle`, () => {
    const translated = translateBundle(manifestOf(text))
    assert.ok('fault' in translated)
    assert.match(translated.fault, fault)
  })
}
