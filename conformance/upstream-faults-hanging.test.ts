// An upstream that takes connections and answers nothing: whoever can be served is served at once, whoever cannot is told why
// within one time-out, and the operator sees which upstream it is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EvilUpstream, startEvilUpstream } from './evil-upstream.ts'
import { makeUpload, publish, signUp } from './registry-client.ts'
import { assertNoTrouble, type Server, startServer } from './server.ts'

const known = Array.from({ length: 60 }, (_, at) => `known-${at}`)

function startProxy(upstream: EvilUpstream): Promise<Server> {
  const upstreams = JSON.stringify([{ id: 'up', url: upstream.url }])
  const times = ['--upstream-timeout-ms', '700', '--upstream-fresh-ms', '0']
  return startServer({ flags: ['--upstreams', upstreams, ...times] })
}

async function read(
  server: Server,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly json: Record<string, unknown> }> {
  const response = await fetch(server.url + path, { headers })
  return { status: response.status, json: Object(await response.json()) }
}

/** Packages that were asked for before, at an upstream that hangs from now on. */
async function openWarm(upstream: EvilUpstream, server: Server): Promise<void> {
  for (const name of known) {
    upstream.put(name, [{ version: '1.0.0' }])
    assert.equal((await read(server, `/${name}`)).status, 200)
  }
  for (const name of [...known, 'new', 'newer']) upstream.spoil(`/${name}`, { hang: true })
  upstream.asked.length = 0
}

test('a warm install with an upstream that hangs waits for one time-out, and not for one for each package', async () => {
  await using upstream = await startEvilUpstream()
  await using server = await startProxy(upstream)
  await openWarm(upstream, server)
  for (const name of known) assert.equal((await read(server, `/${name}`)).status, 200)
  const inTurn = upstream.asked.length
  assert.ok(inTurn <= 4, `It was asked ${inTurn} times`) // The first, one behind the answers, and hardly any later.
  const all = await Promise.all(known.map((name) => read(server, `/${name}`)))
  assert.deepEqual(new Set(all.map(({ status }) => status)), new Set([200]))
  assert.ok(upstream.asked.length <= 8, `It was asked ${upstream.asked.length} times`)
  assertNoTrouble(server.lines.filter(({ event }) => event !== 'upstream_unreachable'))
})

test('what is new at an upstream is told once it answers again', async () => {
  await using upstream = await startEvilUpstream()
  await using server = await startProxy(upstream)
  await openWarm(upstream, server)
  for (const name of known.slice(0, 5)) await read(server, `/${name}`)
  for (const name of known) {
    upstream.spoil(`/${name}`, undefined)
    upstream.put(name, [{ version: '1.0.0' }, { version: '2.0.0' }])
  }
  const isNew = async (name: string): Promise<boolean> =>
    Object.keys(Object((await read(server, `/${name}`)).json['versions'])).length === 2
  // It rests for two seconds, and one question has to be answered first.
  for (let tries = 0; !(await isNew('known-50')) && tries < 100; tries++) await sleep(100)
  assert.ok(await isNew('known-51'))
})

test('a publish of a name that an upstream may have is refused in words within one time-out, and so is what npm asks before', async () => {
  await using upstream = await startEvilUpstream()
  await using server = await startProxy(upstream)
  const alice = await signUp(server.url, 'alice')
  await openWarm(upstream, server)
  const before = await read(server, '/new', { 'npm-command': 'publish' })
  const refused = await publish(alice, makeUpload({ name: 'new', version: '1.0.0' }))
  for (const { status, json } of [before, refused]) {
    assert.deepEqual([status, Object(json)['code']], [424, 'upstream_unsure'])
    assert.match(
      String(Object(json)['error']),
      /Cannot publish "new": nobody can tell now whether the upstream "up" has/,
    )
  }
  assert.deepEqual(upstream.asked, ['/new'], 'Nobody waits twice for the same')
  const install = await read(server, '/newer')
  assert.deepEqual([install.status, install.json['code']], [503, 'upstream_unreachable'])
  const own = await publish(alice, makeUpload({ name: '@team/new', version: '1.0.0' }))
  assert.equal(own.status, 201, 'Names with a scope are asked of nobody')
})

test('whether an upstream answers, how long it rests, and what went wrong last is told', async () => {
  await using upstream = await startEvilUpstream()
  await using server = await startProxy(upstream)
  const look = async (): Promise<Record<string, unknown>> =>
    Object((await read(server, '/-/stele/upstreams')).json['upstreams'])[0]
  assert.deepEqual(await look(), { id: 'up', answers: null, restSeconds: 0, lastError: null })
  await openWarm(upstream, server)
  assert.equal((await look())['answers'], true)
  await Promise.all(['/new', '/newer'].map((path) => read(server, path)))
  const { answers, restSeconds, lastError } = await look()
  assert.equal(answers, false)
  assert.ok(Number(restSeconds) > 0)
  assert.match(String(Object(lastError)['reason']), /no answer came within 0.7 seconds/)
  const metrics = await (await fetch(`${server.url}/-/metrics`)).text()
  assert.match(metrics, /^stele_upstream_up\{upstream="up"\} 0$/m)
})
