import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { parseTarget } from '../src/target.ts'

const foldPath = (path: string): string => path.replaceAll('folded', 'FOLDED')

const rows: readonly (readonly [url: string, mountPath: string, path: string | undefined])[] = [
  ['/left-pad', '', '/left-pad'],
  ['/left-pad?write=true', '', '/left-pad'],
  ['/', '', '/'],
  ['', '', '/'],
  ['/@s%2fx', '', '/@s%2fx'],
  ['/folded/x?folded', '', '/FOLDED/x'],
  ['/folded/folded', '/folded', '/FOLDED'],
  ['/-/user/org.couchdb.user:x', '', '/-/user/org.couchdb.user:x'],
  ['http://r.example/left-pad?x', '', '/left-pad'],
  ['/npm/team/left-pad', '/npm/team', '/left-pad'],
  ['/npm/team/', '/npm/team', '/'],
  ['/npm/team', '/npm/team', '/'],
  ['/npm/teamwork', '/npm/team', undefined],
  ['/left-pad', '/npm/team', undefined],
  ['/npm/team/npm/team', '/npm/team', '/npm/team'],
]
for (const [url, mountPath, path] of rows) {
  test(`parseTarget() gives ${path} for ${url} below "${mountPath}"`, () => {
    assert.equal(parseTarget(url, { mountPath, foldPath })?.path, path)
  })
}

test('parseTarget() parses the query', () => {
  assert.equal(
    parseTarget('/-/v1/search?text=a%20b&size=5', { mountPath: '', foldPath })?.query.get('text'),
    'a b',
  )
})

for (const [url, reason] of [
  ['left-pad', 'it does not start with "/"'],
  ['*', 'it does not start with "/"'],
  ['/%zz', 'its percent-encoding is broken'],
  ['/%', 'its percent-encoding is broken'],
  ['/%c3%28', 'its percent-encoding is broken'],
  ['/a%00b', 'it contains a NUL character'],
] as const) {
  test(`parseTarget() refuses ${url}: ${reason}`, () => {
    assert.throws(
      () => parseTarget(url, { mountPath: '', foldPath }),
      (error) => isSteleError(error, 'request_invalid') && error.details.reason === reason,
    )
  })
}
