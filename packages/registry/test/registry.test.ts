// The facade: tags and accounts.
import assert from 'node:assert/strict'
import test from 'node:test'
import { type ErrorCode, isSteleError } from '@stele/errors'
import { createWorld, nameOf } from './world.ts'

const name = nameOf('p')

function failsWith(code: ErrorCode): (error: unknown) => boolean {
  return (error) => isSteleError(error) && error.code === code
}

test('setTag() and removeTag() change tags when an owner asks', async () => {
  const { registry, publish, log } = await createWorld()
  await publish('alice', { name, version: '1.0.0' })
  await registry.setTag('alice', name, { tag: 'next', version: '1.0.0' })
  assert.deepEqual(registry.tags(name), { latest: '1.0.0', next: '1.0.0' })
  const count = log.length
  await registry.setTag('alice', name, { tag: 'next', version: '1.0.0' })
  assert.equal(log.length, count)
  await registry.removeTag('alice', name, 'next')
  assert.deepEqual(registry.tags(name), { latest: '1.0.0' })
})

test('setTag() and removeTag() throw what a client can act on when they are refused', async () => {
  const { registry, publish } = await createWorld()
  await publish('alice', { name, version: '1.0.0' })
  const refused: readonly [ErrorCode, Promise<unknown>][] = [
    ['package_not_found', registry.setTag('alice', nameOf('q'), { tag: 'a', version: '1.0.0' })],
    ['rule_refused', registry.setTag('bob', name, { tag: 'a', version: '1.0.0' })],
    ['tag_invalid', registry.setTag('alice', name, { tag: '1.x', version: '1.0.0' })],
    ['version_invalid', registry.setTag('alice', name, { tag: 'a', version: '1' })],
    ['version_not_found', registry.setTag('alice', name, { tag: 'a', version: '2.0.0' })],
    ['rule_refused', registry.removeTag('alice', name, 'latest')],
    ['tag_not_found', registry.removeTag('alice', name, 'none')],
    ['rule_refused', registry.removeTag('bob', name, 'latest')],
  ]
  for (const [code, promise] of refused) await assert.rejects(promise, failsWith(code))
})

test('owners() names the accounts of a package, and nothing where there is none', async () => {
  const { registry, publish } = await createWorld()
  assert.equal(registry.owners(name), undefined)
  await publish('alice', { name, version: '1.0.0' })
  assert.deepEqual(registry.owners(name), ['alice'])
})

test('tags() answers nothing when there is no package or no version', async () => {
  const { registry, publish, read } = await createWorld()
  assert.equal(registry.tags(name), undefined)
  await publish('alice', { name, version: '1.0.0' })
  await registry.removePackage('alice', name, read('p')._rev)
  assert.equal(registry.tags(name), undefined)
})

test('join() logs one call when an account joins twice, and throws when it is closed', async () => {
  const { registry, log, submit } = await createWorld()
  await registry.join('carol')
  const count = log.length
  await registry.join('carol')
  assert.equal(log.length, count)
  assert.equal(registry.hasAccount('carol'), true)
  await submit({ account: 'root', via: 'token', method: 'close', args: [{ account: 'carol' }] })
  assert.equal(registry.hasAccount('carol'), false)
  await assert.rejects(registry.join('carol'), failsWith('rule_refused'))
  await assert.rejects(registry.join('../x'), failsWith('account_invalid'))
})

test('reserve() and release() bind a name to an account and free it again', async () => {
  const { registry, log } = await createWorld()
  const { entry } = await registry.reserve('root', { pattern: '@team/*', account: 'alice' })
  assert.equal(entry, log.length - 1)
  const taken = registry.reserve('root', { pattern: '@team/*' })
  await assert.rejects(taken, failsWith('rule_refused'))
  await assert.rejects(registry.reserve('root', { pattern: 'A B' }), failsWith('name_invalid'))
  await registry.release('root', { pattern: '@team/*' })
  await registry.reserve('root', { pattern: '@team/*', account: 'bob' })
})
