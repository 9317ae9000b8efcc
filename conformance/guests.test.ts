// Two services in one process: a registry and a guest list, each with its own script, log, keys and folder.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CallAnswer } from '../packages/entries/src/public/calls.ts'
import { createApp, listen } from '../packages/http/src/index.ts'
import type { ServiceClient } from '../packages/service/src/thread/index.ts'
import {
  type Server as OpenServer,
  openServer,
  type ServerEvent,
} from '../packages/stele/src/server/open-server.ts'
import { kinds } from '../packages/stele/src/services/kinds.ts'
import { loadSettings } from '../packages/stele/src/settings/load.ts'
import { guestsKind, guestsServer } from './guests/kind.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

type Server = AsyncDisposable & {
  readonly server: OpenServer
  readonly url: string
  readonly registry: ServiceClient
  readonly guests: ServiceClient
  readonly events: readonly ServerEvent[]
}

/** The server itself, with one more kind in its list. */
async function start(folder: Folder): Promise<Server> {
  const events: ServerEvent[] = []
  const settings = loadSettings({
    flags: { dir: folder.path, origin: 'example.com/registry' },
    environment: {},
    file: undefined,
  })
  const server = await openServer(settings, {
    main: new URL('guests/thread.ts', import.meta.url),
    report: (event) => events.push(event),
    kinds: [...kinds, guestsKind],
  })
  const registry = server.service
  const guests = guestsServer.newest()
  for (const { ready } of [registry, guests]) {
    assert.deepEqual(await ready, { readOnly: undefined })
  }
  const faces = server.openFaces(
    {
      isPublic: false,
      isClosed: false,
      counts: () => ({ requests: new Map(), publishes: 0 }),
      connections: () => 0,
      signUp: { signUp: 'closed', listensOnLoopback: true, isPublished: false },
    },
    settings.read,
  )
  const app = createApp({
    faces,
    settings: { mountPath: '', trustedProxies: [], listensOnLoopback: true },
    now: Date.now,
    report: () => undefined,
    version: server.version,
  })
  const { url, stop } = await listen(app, { host: '127.0.0.1', port: 0, report: () => undefined })
  return {
    server,
    url,
    registry,
    guests,
    events,
    [Symbol.asyncDispose]: async () => {
      await stop(0)
      await server.close()
    },
  }
}

function call(
  service: ServiceClient,
  account: string | null,
  method: string,
  ...args: string[]
): Promise<CallAnswer> {
  return service.submit({ account, via: 'token', method, args })
}

function resultOf({ outcome }: CallAnswer): unknown {
  return outcome.ok ? outcome.result : outcome.error
}

test('a registry and a guest list run in one process, each with a log of its own', async () => {
  await using folder = await makeFolder('guests')
  {
    await using server = await start(folder)
    const { registry, guests } = server
    const answers = await Promise.all([
      call(registry, 'alice', 'join'),
      call(guests, 'alice', 'sign', 'Ada'),
      call(registry, 'bob', 'join'),
      call(guests, 'bob', 'sign', 'Grace'),
      call(guests, null, 'sign', 'Nobody'),
    ])
    assert.deepEqual(
      answers.map(({ index }) => index),
      [1, 1, 2, 2, 3], // Each counts its own entries.
    )
    assert.deepEqual(answers.map(resultOf).slice(3), [
      { visits: 2, guests: 2 },
      { name: 'Error', message: 'Say who you are' },
    ])
    assert.equal((await call(registry, 'alice', 'sign', 'Ada')).outcome.ok, false) // No rule of the registry's.
    const bundle = await guests.prove([{ object: '/guests', prefix: '' }])
    assert.match(Buffer.from(bundle).toString('latin1'), /alice brought Ada/)
  }
  await using server = await start(folder)
  // What the script keeps in memory came back with the log.
  assert.deepEqual(resultOf(await call(server.guests, 'carol', 'sign', 'Edsger')), {
    visits: 3,
    guests: 3,
  })
  assert.equal(resultOf(await call(server.guests, 'carol', 'leave', 'Ada')), 4)
})

test('a kind of service brings its own faces, which show its own log', async () => {
  await using folder = await makeFolder('guests')
  await using server = await start(folder)
  const ask = async (path: string): Promise<unknown> => (await fetch(server.url + path)).json()
  assert.deepEqual(await ask('/-/guests'), { entries: 1, guests: [] })
  await call(server.guests, 'alice', 'sign', 'Ada')
  await call(server.registry, 'alice', 'join')
  assert.deepEqual(await ask('/-/guests'), { entries: 2, guests: ['Ada'] })
  assert.deepEqual(await ask('/-/health'), { ok: true, logSize: 2 })
  assert.deepEqual(await ask('/-/ping'), {})
})

test('what each of two services publishes is a log of its own', async () => {
  await using folder = await makeFolder('guests')
  {
    await using server = await start(folder)
    await call(server.guests, 'alice', 'sign', 'Ada')
  }
  const places = { registry: folder.path, guests: join(folder.path, 'services/guests') }
  const read = (kind: keyof typeof places, file: string): Promise<string> =>
    readFile(join(places[kind], 'public/-/log', file), 'utf8')
  const [guests, registry] = [
    await read('guests', 'checkpoint'),
    await read('registry', 'checkpoint'),
  ]
  // Genesis, the call, and the digest of the memory at the clean stop; and genesis alone.
  assert.deepEqual(guests.split('\n').slice(0, 2), ['example.com/registry/guests', '3'])
  assert.deepEqual(registry.split('\n').slice(0, 2), ['example.com/registry', '1'])
  assert.notEqual(await read('guests', 'key'), await read('registry', 'key'))
})
