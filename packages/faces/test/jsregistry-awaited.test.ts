// Tarballs that the log knows, of located packages whose files changed or were not looked at yet: who asks is told why, and npm asks again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SteleError } from '@stele/errors'
import { ask } from '../../http/test/incoming.ts'
import type { LocatedReads, LocatedVersion } from '../src/jsregistry/index.ts'
import { createFixture, jsonOf } from './app-fixture.ts'

const one: LocatedVersion = { name: 'map', version: '1.0.0', scanner: 'directory', files: 'f1' }
const changed = new SteleError('located_changed', { spec: 'map@1.0.0', what: 'the tarball' })
const busy = new SteleError('server_busy', { reason: 'map is being scanned', retryAfterS: 5 })

type Said = { readonly status: number; readonly code: string }
const rows: readonly (readonly [
  claim: string,
  one: LocatedVersion,
  tarball: () => Promise<Uint8Array>,
  said: { readonly packument: Said; readonly tarball: Said | undefined },
])[] = [
  [
    'has no tarball, as in a JAR',
    one,
    async () => assert.fail(),
    {
      packument: { status: 404, code: 'not_found' },
      tarball: { status: 404, code: 'not_found' },
    },
  ],
  [
    'is a release with other files now',
    { ...one, awaitsTarball: true },
    () => Promise.reject(changed),
    {
      packument: { status: 409, code: 'located_changed' },
      tarball: { status: 409, code: 'located_changed' },
    },
  ],
  [
    'was not looked at since the start',
    { ...one, awaitsTarball: true },
    () => Promise.reject(busy),
    {
      packument: { status: 503, code: 'server_busy' },
      tarball: { status: 503, code: 'server_busy' },
    },
  ],
  [
    'was not looked at since the start, and the log keeps its tarball',
    { ...one, awaitsTarball: true },
    async () => Buffer.from('kept'),
    { packument: { status: 503, code: 'server_busy' }, tarball: undefined },
  ],
]

for (const [claim, version, tarball, said] of rows) {
  test(`npm is told of a package that ${claim}`, async () => {
    const none = async (): Promise<undefined> => undefined
    const located: LocatedReads = {
      names: () => ['map'],
      versions: (name) => (name === 'map' ? [version] : []),
      manifest: async () => ({ name: 'map', version: '1.0.0' }),
      file: none,
      allFiles: async () => [],
      tarball,
      ownZip: none,
    }
    const { app } = createFixture({ ports: { located } })
    const headers = { 'npm-command': 'install' }
    const tree = '/resources/jsregistry/root/map'
    const packument = await app(ask('GET', tree, { headers }))
    assert.deepEqual({ status: packument.status, code: jsonOf(packument)['code'] }, said.packument)
    const reply = await app(ask('GET', `${tree}/-/map@1.0.0.tgz`, { headers }))
    if (said.tarball === undefined) assert.equal(reply.status, 200)
    else assert.deepEqual({ status: reply.status, code: jsonOf(reply)['code'] }, said.tarball)
  })
}

test('a package with many versions is shown to npm with one file open at a time', async () => {
  const distribution = { integrity: 'sha512-x', shasum: 'y' }
  const versions = Array.from({ length: 20 }, (_, at) => ({
    ...one,
    version: `1.0.${at}`,
    distribution,
  }))
  let [open, most] = [0, 0]
  const located: LocatedReads = {
    names: () => ['map'],
    versions: () => versions,
    manifest: async ({ version }) => {
      most = Math.max(most, ++open)
      await nextTurn()
      open--
      return { name: 'map', version }
    },
    file: async () => undefined,
    allFiles: async () => [],
    tarball: async () => assert.fail(),
    ownZip: async () => undefined,
  }
  const { app } = createFixture({ ports: { located } })
  const headers = { 'npm-command': 'install' }
  const reply = await app(ask('GET', '/resources/jsregistry/root/map', { headers }))
  assert.equal(Object.keys(Object(jsonOf(reply)['versions'])).length, versions.length)
  assert.equal(most, 1)
})
