// What somebody who publishes is told while an upstream does not answer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { parsePackageName } from '@stele/formats/names'
import { maxAskedToPublishMs, unsureMs } from '../src/limits.ts'
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

test('prepareToPublish() asks anew after a minute, however long answers last otherwise', async () => {
  const world = createWorld({ freshMs: 24 * 60 * 60 * 1000 })
  assert.equal(await askToPublish(world), undefined)
  world.put('new', [{ version: '1.0.0' }])
  world.wait(maxAskedToPublishMs)
  assert.equal(await askToPublish(world), undefined)
  world.wait(1)
  assert.equal(await world.read('new'), undefined)
  assert.ok((await askToPublish(world)) !== undefined)
  assert.equal(world.asked.length, 2)
})

test('prepareToPublish() throws upstream_unsure when an older answer cannot be had anew', async () => {
  const world = createWorld({ freshMs: 24 * 60 * 60 * 1000 })
  await askToPublish(world)
  world.answers.set('/new', { isLate: true })
  world.wait(maxAskedToPublishMs + 1)
  await assert.rejects(askToPublish(world), isUnsure)
})
