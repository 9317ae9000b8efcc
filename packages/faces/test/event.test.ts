import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinHabits } from '../../http/src/habits.ts'
import { ask } from '../../http/test/incoming.ts'
import { npmHabits } from '../src/npm/habits.ts'
import { createFixture, signUp } from './app-fixture.ts'

const token = 'stele_0123456789abcdefABCDEF0123456789abcdefA'

const rows: readonly (readonly [url: string, wanted: string])[] = [
  ['/left-pad?write=true', '/left-pad?write=true'],
  ['/basic-auth', '/basic-auth'],
  [`/-/user/token/${token}`, '/-/user/token/***'],
  ['/-/user/token/npm_foreign', '/-/user/token/***'],
  [`/npm/team/-/user/token/${token}?x`, '/npm/team/-/user/token/***?x'],
  [`/-/npm/v1/tokens/token/${token}`, '/-/npm/v1/tokens/token/***'],
  [`/-/user/token/${encodeURIComponent(token).replace('_', '%5F')}`, '/-/user/token/***'],
  [`/x?token=${token}`, '/x?token=***'],
  ['/stele_helpers', '/stele_helpers'],
  [`/x?token=${token.replace('stele', '%73tele').replace('_', '%5f')}`, '/x?token=***'],
  ['http://user:secret@r.example/x', 'http://***@r.example/x'],
  ['/x\r\nforged line', '/x\ufffd\ufffdforged line'],
  [`/${'x'.repeat(5000)}`, `/${'x'.repeat(499)}`],
]
for (const [url, wanted] of rows) {
  test(`showPath() writes ${wanted.slice(0, 40)} where npm is spoken`, () => {
    assert.equal(joinHabits([npmHabits, {}]).showPath(url), wanted)
  })
}

test('createApp() reports each request once, without a token or a password', async () => {
  const fixture = createFixture()
  const { token: own, authorization } = await signUp(fixture, 'alice')
  const headers = { authorization, 'user-agent': `npm ${own}`, 'npm-command': 'logout' }
  await fixture.app(ask('DELETE', `/-/user/token/${own}`, { headers }))
  assert.equal(fixture.events.length, 2)
  assert.deepEqual(fixture.events[1], {
    type: 'access',
    method: 'DELETE',
    path: '/-/user/token/***',
    status: 200,
    durationMs: 0,
    client: '127.0.0.1',
    sizeBytes: 11,
    agent: 'npm ***',
    notes: { account: 'alice', command: 'logout' },
  })
  const text = JSON.stringify(fixture.events)
  assert.equal(text.includes(own) || text.includes('password of'), false)
})
