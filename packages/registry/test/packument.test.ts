// Both forms of a packument, to the byte.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import test from 'node:test'
import { makePackage } from '@stele/testkit'
import { revisionOf } from '../src/views.ts'
import { baseUrl, createWorld, nameOf, plainBytes } from './world.ts'

const manifest = {
  name: '@s/p',
  version: '1.0.0',
  description: 'Says "p"',
  keywords: ['a', 'b'],
  license: 'MIT',
  bin: 'p.js',
  dependencies: { a: '^1.0.0' },
  scripts: { install: 'make' },
}
const files = { 'p.js': '', 'README.md': '# P' }

test('packument() has these bytes when a package has two versions, one deprecated, and a star', async () => {
  const world = await createWorld()
  await world.publish('alice', manifest, { files })
  await world.publish('alice', { name: '@s/p', version: '1.1.0' }, { tag: 'next' })
  const [one, two] = [makePackage(manifest, files), makePackage({ name: '@s/p', version: '1.1.0' })]
  await world.registry.changeDocument('alice', nameOf('@s/p'), {
    document: { versions: { '1.0.0': { deprecated: 'old' } } },
  })
  await world.registry.changeDocument('bob', nameOf('@s/p'), { document: { users: { bob: true } } })
  const last = world.log.at(-2) // Before the star.
  assert.ok(last !== undefined)
  const rev = revisionOf(last)
  const dist = (version: string, bytes: Uint8Array, rest: string): string =>
    `"dist":{"tarball":"${baseUrl}/@s/p/-/p-${version}.tgz","shasum":"${hash('sha1', bytes, 'hex')}",` +
    `"integrity":"sha512-${hash('sha512', bytes, 'base64')}",${rest}}`
  const distOne = dist('1.0.0', one, '"fileCount":3,"unpackedSize":237')
  const distTwo = dist('1.1.0', two, '"fileCount":2,"unpackedSize":53')
  const tail =
    '"dist-tags":{"latest":"1.0.0","next":"1.1.0"},"time":{"created":"2026-11-20T00:00:04.000Z",' +
    '"modified":"2026-11-20T00:00:06.000Z","1.0.0":"2026-11-20T00:00:04.000Z","1.1.0":"2026-11-20T00:00:05.000Z"}'

  const full = world.registry.packument(nameOf('@s/p'), { form: 'full', baseUrl })
  assert.equal(
    Buffer.from(plainBytes(full)).toString(),
    `{"_id":"@s/p","name":"@s/p","versions":{"1.0.0":{${distOne},"name":"@s/p","version":"1.0.0","description":"Says \\"p\\"",` +
      '"keywords":["a","b"],"license":"MIT","dependencies":{"a":"^1.0.0"},"bin":{"p":"p.js"},"scripts":{"install":"make"},' +
      '"hasInstallScript":true,"_id":"@s/p@1.0.0","_hasShrinkwrap":false,"deprecated":"old",' +
      `"_npmUser":{"name":"alice","email":""}},"1.1.0":{${distTwo},"name":"@s/p","version":"1.1.0","_id":"@s/p@1.1.0",` +
      `"_hasShrinkwrap":false,"_npmUser":{"name":"alice","email":""}}},${tail},"maintainers":[{"name":"alice","email":""}],` +
      '"users":{"bob":true},"description":"Says \\"p\\"","keywords":["a","b"],"license":"MIT","readmeFilename":"README.md",' +
      `"readme":"# P","_rev":"${rev}"}`,
  )
  const abbreviated = world.registry.packument(nameOf('@s/p'), { form: 'abbreviated', baseUrl })
  assert.equal(
    Buffer.from(plainBytes(abbreviated)).toString(),
    `{"name":"@s/p","versions":{"1.0.0":{${distOne},"name":"@s/p","version":"1.0.0","dependencies":{"a":"^1.0.0"},` +
      `"bin":{"p":"p.js"},"hasInstallScript":true,"_hasShrinkwrap":false,"deprecated":"old"},"1.1.0":{${distTwo},` +
      `"name":"@s/p","version":"1.1.0","_hasShrinkwrap":false}},${tail},"maintainers":[{"name":"alice","email":""}],` +
      `"modified":"2026-11-20T00:00:06.000Z","_rev":"${rev}"}`,
  )
})

test('packument() hides a version in every member when it was removed', async () => {
  const world = await createWorld()
  await world.publish('alice', { name: 'p', version: '1.0.0' })
  await world.publish('alice', { name: 'p', version: '1.1.0' })
  await world.submit({
    account: 'alice',
    via: 'token',
    method: 'unpublish',
    args: [{ name: 'p', versions: ['1.1.0'] }],
  })
  for (const form of ['full', 'abbreviated'] as const) {
    assert.equal(JSON.stringify(world.read('p', form)).includes('1.1.0'), false)
    assert.deepEqual(world.read('p', form)['dist-tags'], { latest: '1.0.0' })
  }
})
