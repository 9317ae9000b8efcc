// Two services in one process: a registry and a guest list, each with its own script, log, keys and folder.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CallAnswer } from '../packages/entries/src/public/calls.ts'
import {
  type ServiceClient,
  startThread,
  type ThreadEvent,
} from '../packages/service/src/thread/index.ts'
import type { ServiceData } from '../packages/stele/src/services/data.ts'
import { dataPaths } from '../packages/storage/src/public/folder.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

type Server = AsyncDisposable & {
  readonly registry: ServiceClient
  readonly guests: ServiceClient
  readonly events: readonly ThreadEvent[]
}

const seed = (): Uint8Array => randomBytes(32)
const seeds = {
  registry: { log: seed(), clock: seed(), root: seed() },
  guests: { log: seed(), clock: seed(), root: seed() },
}

async function start(folder: Folder): Promise<Server> {
  const events: ThreadEvent[] = []
  const thread = startThread({
    main: new URL('guests/thread.ts', import.meta.url),
    callTimeoutMs: 5_000,
    report: (event) => events.push(event),
  })
  const open = (kind: 'registry' | 'guests'): ServiceClient => {
    const identity = { origin: `example.com/${kind}`, operator: 'op', seeds: seeds[kind] }
    const paths = dataPaths(join(folder.path, kind))
    const data: ServiceData = { kind, paths, identity, publicFolder: true }
    return thread.open({ name: kind, data })
  }
  const [registry, guests] = [open('registry'), open('guests')]
  for (const { ready } of [registry, guests]) {
    assert.deepEqual(await ready, { readOnly: undefined })
  }
  return { registry, guests, events, [Symbol.asyncDispose]: () => thread.close() }
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

test('what each of two services publishes is a log of its own', async () => {
  await using folder = await makeFolder('guests')
  {
    await using server = await start(folder)
    await call(server.guests, 'alice', 'sign', 'Ada')
  }
  const read = (kind: string, file: string): Promise<string> =>
    readFile(join(folder.path, kind, 'public/-/log', file), 'utf8')
  const [guests, registry] = [
    await read('guests', 'checkpoint'),
    await read('registry', 'checkpoint'),
  ]
  // Genesis, the call, and the digest of the memory at the clean stop; and genesis alone.
  assert.deepEqual(guests.split('\n').slice(0, 2), ['example.com/guests', '3'])
  assert.deepEqual(registry.split('\n').slice(0, 2), ['example.com/registry', '1'])
  assert.notEqual(await read('guests', 'key'), await read('registry', 'key'))
})
