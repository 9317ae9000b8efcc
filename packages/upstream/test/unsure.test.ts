// What somebody who publishes is told while an upstream does not answer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { parsePackageName } from '@stele/formats/names'
import { unsureMs } from '../src/limits.ts'
import { createWorld, type World } from './world.ts'

const name = parsePackageName('new')

function askToPublish({ proxy }: World): Promise<unknown> {
  return proxy.prepareToPublish(name, 'abbreviated')
}

function isUnsure(error: unknown): boolean {
  return isSteleError(error, 'upstream_unsure') && error.status === 424
}

test('prepareToPublish() throws upstream_unsure when the upstream does not answer, and does not wait again for the same', async () => {
  const world = createWorld()
  world.answers.set('/new', { isLate: true })
  await assert.rejects(askToPublish(world), isUnsure)
  await assert.rejects(askToPublish(world), isUnsure)
  assert.equal(world.asked.length, 1)
})

test('prepareToPublish() asks again after a while, and whoever installs at once', async () => {
  const world = createWorld()
  world.answers.set('/new', { isLate: true })
  await assert.rejects(askToPublish(world), isUnsure)
  world.put('new', [{ version: '1.0.0' }])
  assert.ok((await world.read('new')) !== undefined)
  world.wait(unsureMs)
  assert.ok((await askToPublish(world)) !== undefined)
})

test('prepareToPublish() throws any other error as it is', async () => {
  const world = createWorld()
  world.answers.set('/new', { status: 403 })
  await assert.rejects(askToPublish(world), (error) => isSteleError(error, 'upstream_refused'))
})
