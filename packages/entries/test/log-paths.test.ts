import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  blobPath,
  bundleKinds,
  bundlePath,
  logFolder,
  logRoot,
  parseBlobPath,
} from '../src/log-paths.ts'

const name = 'ab'.repeat(64)

test('bundlePath() gives the folder and the number of each kind of bundle', () => {
  const paths = bundleKinds.map((kind) => bundlePath(kind, { index: 1234, width: 7 }))
  assert.deepEqual(paths, [
    'tile/entries/x001/234.p/7',
    'body/x001/234.p/7',
    'effects/x001/234.p/7',
    'value/x001/234.p/7',
  ])
})

test('logRoot is the URL of what lies in logFolder', () => {
  assert.equal(logRoot, `/${logFolder}`)
})

const paths: readonly (readonly [title: string, path: string, found: string | undefined])[] = [
  ['the name', blobPath(name).slice('blob/'.length), name],
  ['nothing when the folder is of another name', `cd/${name}`, undefined],
  ['nothing when the name is too short', `ab/${name.slice(1)}`, undefined],
  ['nothing when something follows', `ab/${name}/`, undefined],
]
for (const [title, path, found] of paths) {
  test(`parseBlobPath() gives ${title}`, () => assert.equal(parseBlobPath(path), found))
}
