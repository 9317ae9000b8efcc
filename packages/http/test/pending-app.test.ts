import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type App, createPendingApp } from '../src/index.ts'
import { ask } from './incoming.ts'

test('createPendingApp() lets requests wait for the app', async () => {
  const pending = createPendingApp()
  const answers = [pending.app(ask('GET', '/a')), pending.app(ask('GET', '/b'))]
  pending.open(async ({ url }) => ({ status: 200, headers: { url } }))
  assert.deepEqual(
    (await Promise.all(answers)).map(({ headers }) => headers['url']),
    ['/a', '/b'],
  )
})

test('createPendingApp() offers other protocols only when the app is there, and as the app does', async () => {
  const pending = createPendingApp()
  const wanted = { url: '/echo', headers: { upgrade: 'echo' } }
  assert.equal(pending.app.upgrades?.has(wanted), false)
  const reply = { status: 403, headers: {} }
  const app: App = Object.assign(async () => reply, {
    upgrades: { has: () => true, open: async () => reply },
  })
  pending.open(app)
  assert.equal(pending.app.upgrades?.has(wanted), true)
  assert.equal(await pending.app.upgrades?.open(ask('GET', '/echo')), reply)
})
