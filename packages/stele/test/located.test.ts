// What scanners say, the log, and what is shown of both.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { SteleError } from '@stele/errors'
import { canonicalJson } from '@stele/formats/json'
import { parsePackageName, parseVersion } from '@stele/formats/names'
import type { Locating } from '@stele/registry/located'
import type { Finding } from '@stele/scanner'
import { createShelf, notAsLocated, type Shelf } from '../src/scanner/located.ts'

const digest = (text: string): string => hash('sha256', text, 'hex')

function finding(name: string, version: string, text = 'first'): Finding {
  return {
    name: parsePackageName(name),
    version: parseVersion(version),
    files: digest(text),
    record: canonicalJson({ name, version }),
    place: { kind: 'folder', path: `/js/${name}/${text}`, inside: name },
    modifiedMs: 1,
  }
}

type World = {
  readonly shelf: Shelf
  readonly calls: string[]
  readonly events: string[]
  /** Versions with which a tarball came. */
  readonly tarballs: string[]
  /** What the next calls throw. */
  fault: SteleError | undefined
  /** The version whose value was taken down. */
  withheld: string | undefined
}

/** A log that is a map, whose rules take everything. */
function createWorld(scanners: readonly string[] = ['one', 'two']): World {
  const objects = new Map<string, Map<string, Uint8Array>>()
  const fieldsOf = (object: string): Map<string, Uint8Array> => {
    const fields = objects.get(object) ?? new Map<string, Uint8Array>()
    objects.set(object, fields)
    return fields
  }
  const put = (scanner: string, one: Locating): void => {
    const fields = fieldsOf(`/located/${scanner}/${one.name}`)
    fieldsOf('/located').set(`${scanner}/`, Buffer.alloc(0))
    fieldsOf(`/located/${scanner}`).set(`${one.name}/`, Buffer.alloc(0))
    if ('gone' in one) fields.delete(one.version)
    else {
      const { files, integrity, record } = one
      const value = `{"files":"${files}","integrity":${JSON.stringify(integrity)},"record":${record}}`
      fields.set(one.version, Buffer.from(value))
    }
  }
  const calls: string[] = []
  const events: string[] = []
  const tarballs: string[] = []
  const world: World = {
    calls,
    events,
    tarballs,
    fault: undefined,
    withheld: undefined,
    shelf: createShelf({
      state: {
        get: (object, field) => {
          if (world.withheld !== field) return objects.get(object)?.get(field)
          throw new SteleError('value_withheld', { object, field, hash: digest('it') })
        },
        list: (object) => [...(objects.get(object)?.keys() ?? [])],
      },
      scanners,
      locate: async (scanner, found) => {
        if (found.length === 0) return
        for (const one of found) if ('tarball' in one) tarballs.push(one.version)
        calls.push(
          `${scanner}: ${found.map((one) => `${'gone' in one ? '-' : '+'}${one.name}@${one.version}`).join(' ')}`,
        )
        if (world.fault !== undefined) throw world.fault
        for (const one of found) put(scanner, one)
      },
      hasBlob: (name) => name === hash('sha512', 'known'),
      report: ({ event }) => events.push(event),
    }),
  }
  return world
}

function news(scanner: string, all: readonly Finding[]): Parameters<Shelf['take']>[0] {
  const present = all.map(({ name, version }) => `${name}@${version}`)
  return { scanner, found: all.map((one) => ({ finding: one })), present, troubles: [] }
}

const [snapshot, release] = [finding('map', '1.0.0-SNAPSHOT'), finding('map', '1.0.0')]

test('createShelf() logs what is new, then what changed, then what is gone, and nothing twice', async () => {
  const { shelf, calls } = createWorld()
  await shelf.take(news('one', [snapshot, release]))
  await shelf.take(news('one', [snapshot, release]))
  await shelf.take(news('one', [finding('map', '1.0.0-SNAPSHOT', 'second'), release]))
  assert.deepEqual(
    shelf.versions('map').map(({ row }) => row.files),
    [digest('second'), digest('first')],
  )
  await shelf.take(news('one', []))
  assert.deepEqual(calls, [
    'one: +map@1.0.0-SNAPSHOT +map@1.0.0',
    'one: +map@1.0.0-SNAPSHOT',
    'one: -map@1.0.0-SNAPSHOT -map@1.0.0',
  ])
  assert.deepEqual(shelf.names(), [])
})

test('createShelf() takes nothing for gone while a scan is not through', async () => {
  const { shelf, calls } = createWorld()
  await shelf.take(news('one', [release]))
  await shelf.take({ scanner: 'one', found: [], troubles: [] })
  await shelf.take(news('two', []))
  assert.deepEqual(shelf.names(), ['map'])
  assert.equal(calls.length, 1)
})

test('createShelf() leaves a release as it was when its files change, tells it once, and says so to who asks', async () => {
  const { shelf, calls, events } = createWorld()
  await shelf.take(news('one', [release]))
  for (const text of ['second', 'second'])
    await shelf.take(news('one', [finding('map', '1.0.0', text)]))
  const [one = assert.fail()] = shelf.versions('map')
  assert.equal(one.row.files, digest('first'))
  assert.equal(calls.length, 1)
  assert.deepEqual(events, ['located_release_changed'])
  assert.equal(notAsLocated(one, 'a file').code, 'located_changed')
})

test('createShelf() shows a version of the first scanner that has it, and none of scanners that are not asked for', async () => {
  const { shelf } = createWorld(['two', 'one'])
  await shelf.take(news('one', [finding('map', '1.0.0', 'of one')]))
  await shelf.take(news('two', [finding('map', '1.0.0', 'of two')]))
  await shelf.take(news('three', [finding('other', '1.0.0')]))
  assert.deepEqual(
    shelf.versions('map').map(({ row }) => row.scanner),
    ['two'],
  )
  assert.deepEqual(shelf.names(), ['map'])
})

test('createShelf() has news told again that could not be logged', async () => {
  const world = createWorld()
  world.fault = new SteleError('server_busy', { reason: 'it is stopping', retryAfterS: 1 })
  assert.equal(await world.shelf.take(news('one', [release])), false)
  assert.deepEqual([world.shelf.names(), world.events], [[], ['located_not_logged']])
  world.fault = undefined
  assert.equal(await world.shelf.take(news('one', [release])), true)
  assert.deepEqual(world.shelf.names(), ['map'])
})

test('createShelf() makes no more calls once the rules refused one: each is an entry of the log', async () => {
  const world = createWorld()
  const message = 'The script has no method "locate"'
  world.fault = new SteleError('rule_refused', { method: 'locate', name: 'TypeError', message })
  for (const _ of [1, 2, 3]) assert.equal(await world.shelf.take(news('one', [release])), true)
  assert.deepEqual([world.calls.length, world.events], [1, ['located_refused']])
})

test('createShelf() reads what the log knew before, and tells each trouble once', async () => {
  const { shelf, events } = createWorld()
  await shelf.take(news('one', [release]))
  await shelf.load(async () => undefined)
  assert.deepEqual([...shelf.knownFiles()], [digest('first')])
  const troubles = [{ place: '/js/a', reason: 'it is broken' }]
  for (const _ of [1, 2]) await shelf.take({ scanner: 'one', found: [], troubles })
  assert.deepEqual(events, ['scanner_trouble'])
})

test('createShelf() leaves alone what was taken down, and the others go on', async () => {
  const world = createWorld()
  await world.shelf.take(news('one', [snapshot, release]))
  world.withheld = '1.0.0'
  const again = createWorld()
  again.withheld = '1.0.0'
  await again.shelf.take(news('one', [snapshot, release]))
  assert.deepEqual(again.calls, ['one: +map@1.0.0-SNAPSHOT'])
  assert.deepEqual(again.events, ['located_withheld'])
  await world.shelf.load(async () => undefined)
  const other = finding('map', '1.0.0-SNAPSHOT', 'second')
  assert.equal(await world.shelf.take(news('one', [other, release])), true)
  assert.equal(world.calls.at(-1), 'one: +map@1.0.0-SNAPSHOT')
})

test('createShelf() brings each tarball into the log once, and none that was there before', async () => {
  const { shelf, calls, tarballs } = createWorld()
  const found = (one: Finding, text: string): Parameters<Shelf['take']>[0] => ({
    ...news('one', [one]),
    found: [{ finding: one, tarball: Buffer.from(text) }],
  })
  await shelf.take(found(release, 'new'))
  await shelf.take(found(snapshot, 'known'))
  assert.deepEqual(tarballs, ['1.0.0'])
  await shelf.take(found(finding('map', '1.0.0-SNAPSHOT'), 'known'))
  assert.equal(calls.length, 2)
})
