// Audits: what upstreams know is passed on, and what nobody knows is never said to be clean.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, type Fixture, jsonOf } from './app-fixture.ts'

const path = '/-/npm/v1/security/advisories/bulk'
const advisory = { id: 1, severity: 'high' }

/** A registry whose upstream knows `a` and `b`. */
function auditing(silent: readonly string[] = []): {
  readonly fixture: Fixture
  readonly asked: object[]
} {
  const { ports } = createFixture()
  const asked: object[] = []
  const registry: Fixture['ports']['registry'] = {
    ...ports.registry,
    advisories: async (packages) => {
      asked.push(Object.fromEntries(packages))
      const unknown = [...packages.keys()].filter((name) => name !== 'a' && name !== 'b')
      return { found: { a: [advisory] }, unknown, silent }
    },
  }
  return { fixture: createFixture({ ports: { registry } }), asked }
}

suite('audits', () => {
  test('an audit answers what the upstream knows', async () => {
    const { fixture, asked } = auditing()
    const body = { a: ['1.0.0'], b: ['1.0.0'] }
    const reply = await fixture.app(ask('POST', path, { body }))
    assert.equal(reply.status, 200)
    assert.deepEqual(jsonOf(reply), { a: [advisory] })
    assert.equal(reply.headers['cache-control'], 'no-store')
    assert.deepEqual(asked, [body])
  })

  test('"npm audit" names what nobody knows; an install, which nobody asked to audit, does not', async () => {
    const { fixture } = auditing()
    const body = { a: ['1.0.0'], '@team/own': ['1.0.0'], '"evil\\r\\nx: y"': ['1.0.0'] }
    const audit = await fixture.app(
      ask('POST', path, { body, headers: { 'npm-command': 'audit' } }),
    )
    const install = await fixture.app(
      ask('POST', path, { body, headers: { 'npm-command': 'install' } }),
    )
    assert.match(audit.headers['npm-notice'] ?? '', /Not audited.*: @team\/own, 1 more$/)
    assert.equal(install.headers['npm-notice'], undefined)
  })

  test('an audit of which nobody knows anything is not offered, instead of clean', async () => {
    const { fixture } = auditing()
    const reply = await fixture.app(ask('POST', path, { body: { '@team/own': ['1.0.0'] } }))
    assert.deepEqual([reply.status, jsonOf(reply)['code']], [404, 'not_offered'])
    assert.match(String(jsonOf(reply)['error']), /none of these came from an upstream/)
  })

  test('an audit says which upstream has no advisories', async () => {
    const { fixture } = auditing(['up'])
    const reply = await fixture.app(ask('POST', path, { body: { c: ['1.0.0'] } }))
    assert.match(String(jsonOf(reply)['error']), /the upstream "up" offers no advisories$/)
  })

  test('an audit of nothing finds nothing', async () => {
    const { fixture } = auditing()
    const reply = await fixture.app(ask('POST', path, { body: {} }))
    assert.equal(reply.status, 200)
  })

  test('what is no list of versions is not asked about', async () => {
    const { fixture, asked } = auditing()
    const body = { a: ['1.0.0', 1, null], b: 'text', c: null, constructor: {} }
    const reply = await fixture.app(ask('POST', path, { body }))
    assert.equal(reply.status, 200)
    assert.deepEqual(asked, [{ a: ['1.0.0'] }])
  })

  for (const old of ['/-/npm/v1/security/audits/quick', '/-/npm/v1/security/audits']) {
    test(`POST ${old} says which clients can audit`, async () => {
      const { fixture } = auditing()
      const reply = await fixture.app(ask('POST', old, { body: {} }))
      assert.equal(reply.status, 404)
      assert.match(String(jsonOf(reply)['error']), /npm 7, pnpm 11, yarn 4 or bun/)
    })

    test(`POST ${old} is not offered to an npm whose bulk audit was refused, nor without upstreams`, async () => {
      const headers = { 'npm-command': 'audit' }
      const replies = [
        await auditing().fixture.app(ask('POST', old, { body: {}, headers })),
        await createFixture().app(ask('POST', old, { body: {} })),
      ]
      for (const reply of replies) assert.equal(jsonOf(reply)['code'], 'not_offered')
    })
  }
})
