import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, jsonOf, textOf } from './app-fixture.ts'

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

test('GET / gives a browser a page with the commands for the address that it used', async () => {
  const { app } = createFixture({ settings: { listensOnLoopback: false } })
  const headers = { ...browser, host: 'registry.example:8080' }
  const reply = await app(ask('GET', '/', { headers }))
  assert.equal(reply.status, 200)
  assert.equal(reply.headers['content-type'], 'text/html; charset=utf-8')
  assert.match(reply.headers['vary'] ?? '', /\bAccept\b(?!-)/)
  const page = textOf(reply)
  for (const command of ['npm login --registry', 'npm publish --registry', 'stele verify']) {
    assert.ok(page.includes(`${command} http://registry.example:8080`), command)
  }
  const key = /<dt>Key<\/dt><dd><code>([^<]+)</.exec(page)?.[1] ?? ''
  assert.ok(page.includes(`npx stele verify http://registry.example:8080 --key '${key}'</code>`))
  assert.match(
    page,
    /a clone of Stele's source, after <code>npm ci<\/code>, or where Stele's built package is/,
  )
  assert.ok(page.includes('@team:registry=http://registry.example:8080/</code>'))
  assert.ok(!page.includes('update_seq'))
})

test('GET / gives programs the facts as JSON', async () => {
  const { app } = createFixture()
  for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json' }]) {
    const reply = await app(ask('GET', '/', { headers }))
    assert.deepEqual(jsonOf(reply), { db_name: 'stele', update_seq: 300 })
    assert.match(reply.headers['vary'] ?? '', /\bAccept\b(?!-)/)
  }
})

test('GET / has a page that runs no script, fetches nothing, and keeps to its own policy', async () => {
  const { app } = createFixture()
  const reply = await app(ask('GET', '/', { headers: browser }))
  const page = textOf(reply)
  assert.doesNotMatch(page, /<script|\son\w+=|style=|<(?:img|iframe|form|base|object)\b/)
  assert.doesNotMatch(page, /url\(|@import/)
  const policy = reply.headers['content-security-policy'] ?? ''
  assert.ok(policy.startsWith("default-src 'none';"))
  assert.doesNotMatch(policy, /unsafe/)
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(page) ?? []
  const digest = createHash('sha256').update(style).digest('base64')
  assert.ok(policy.includes(`style-src 'sha256-${digest}'`))
})

test('GET / escapes the address that the operator configured', async () => {
  const { app } = createFixture({ settings: { publicUrl: 'https://registry.example/a"b<c>&d' } })
  const page = textOf(await app(ask('GET', '/', { headers: browser })))
  assert.ok(!page.includes('a"b<c>'))
  assert.ok(page.includes('a&#34;b&#60;c&#62;&#38;d'))
})

// sign-up setting, what the page says
const signUps = [
  ['open', /a name that is free becomes yours/],
  ['closed', /ask for one/],
] as const
for (const [signUp, wanted] of signUps) {
  test(`GET / says who may sign up when it is ${signUp}`, async () => {
    const { app } = createFixture({ settings: { signUp } })
    assert.match(textOf(await app(ask('GET', '/', { headers: browser }))), wanted)
  })
}

test('GET / says where versions of upstreams are held back, and links to which', async () => {
  const registry = { ...createFixture().ports.registry, upstreams: ['up'] }
  const heldBack = { blocked: ['bad'], minimumAgeMs: 0, refusals: () => 0 }
  const link = /held back<\/a> by the operator/
  const pageOf = async (ports: object): Promise<string> =>
    textOf(await createFixture({ ports }).app(ask('GET', '/', { headers: browser })))
  assert.doesNotMatch(await pageOf({ registry }), link)
  assert.match(await pageOf({ registry: { ...registry, heldBack } }), link)
})
