import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isNpmFamily, wantsDist } from '../src/jsregistry/readers.ts'

const readers: readonly (readonly [headers: Record<string, string>, isFamily: boolean])[] = [
  [{}, false],
  [{ accept: 'application/json' }, false],
  [{ 'user-agent': 'curl/8.5.0', accept: '*/*' }, false],
  [{ 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0' }, false],
  [{ 'user-agent': 'not-npm/1.0' }, false],
  [{ 'user-agent': 'npm/11.0.0 node/v24.0.0 linux x64 workspaces/false' }, true],
  [{ 'user-agent': 'pnpm/10.1.0 npm/? node/v24.0.0 linux x64' }, true],
  [{ 'user-agent': 'Bun/1.4.0' }, true],
  [{ 'user-agent': 'got (https://github.com/sindresorhus/got)' }, true],
  [{ 'npm-command': 'install' }, true],
  [{ accept: 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*' }, true],
]

for (const [headers, isFamily] of readers) {
  test(`isNpmFamily() is ${isFamily} for ${JSON.stringify(headers)}`, () => {
    assert.equal(isNpmFamily({ headers }), isFamily)
    assert.equal(wantsDist({ headers, query: new URLSearchParams() }), isFamily)
  })
  test(`wantsDist() is what the query says for ${JSON.stringify(headers)}`, () => {
    for (const said of [true, false]) {
      assert.equal(wantsDist({ headers, query: new URLSearchParams({ dist: `${said}` }) }), said)
    }
  })
}
