import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallBody, formatBody } from '@stele/entries/bodies'
import { entryKinds, formatLeaf, saltBytes } from '@stele/entries/leaf'
import { formatEffects, formatValues, hashValue, type KeptEntry } from '@stele/entries/parts'
import type { LoggedEntry } from '@stele/entries/transition'
import { bindProjection, type Projection, type ProjectionMark } from '../src/projection.ts'
import { createReplica, type Replica } from '../src/replica.ts'

const salt = new Uint8Array(saltBytes)

function call(seq: number, method: string): CallBody {
  return { v: 1, origin: 'o', account: 'a', seq, via: { type: 'debug' }, method, args: [] }
}

/** Entry `index`: a call "m<index>" that writes "v<index>" to /f. */
function keptEntry(index: number): KeptEntry {
  const value = Buffer.from(`v${index}`)
  const effects = { ok: true, changes: 1, writes: [['/', 'f', hashValue(value)]] } as const
  const zero = new Uint8Array(32)
  const hashes = { bodyHash: zero, effectsHash: zero, stateRoot: zero }
  return {
    leaf: formatLeaf({ kind: entryKinds.call, timeMs: 1000 + index, ...hashes }),
    body: Buffer.concat([salt, Buffer.from(formatBody(call(index + 1, `m${index}`)))]),
    effects: Buffer.concat([salt, Buffer.from(formatEffects(effects))]),
    values: formatValues([{ bytes: value }]),
  }
}

function loggedEntry(index: number): LoggedEntry {
  const writes = [{ object: '/', field: 'f', value: Buffer.from(`v${index}`) }]
  const body = call(index + 1, `m${index}`)
  return { index, leafHash: new Uint8Array(32), timeMs: 1000 + index, body, writes }
}

/** Tells what it was shown of each entry. */
function describing(version: number): Projection<string> {
  return {
    name: 'lines',
    version,
    plan: ({ index, timeMs, body, writes }) => {
      const method = body !== null && 'method' in body ? body.method : 'withheld'
      const values = writes.map(({ value }) => Buffer.from(value ?? []).toString())
      return [`${index} ${timeMs} ${method} ${values.join()}`]
    },
  }
}

type World = {
  kept: KeptEntry[]
  lines: string[]
  mark: ProjectionMark | undefined
  /** Fails at the entry of this index, as a full disk would. */
  failsAt: number | undefined
}

function createWorld(entries: number): World {
  const kept = Array.from({ length: entries }, (_, index) => keptEntry(index))
  return { kept, lines: [], mark: undefined, failsAt: undefined }
}

function open(world: World, planVersion = 1, homeVersion = 1): Replica {
  const home = {
    version: homeVersion,
    mark: () => world.mark,
    saveMark: (mark: ProjectionMark) => {
      world.mark = mark
    },
    reset: () => {
      world.lines = []
      world.mark = undefined
    },
    apply: (lines: readonly string[]) => {
      for (const line of lines) {
        if (line.startsWith(`${world.failsAt} `)) throw new Error('the disk is full')
        world.lines.push(line)
      }
    },
  }
  return createReplica({
    projections: [bindProjection(describing(planVersion), home)],
    size: () => world.kept.length,
    entries: (start, count) => world.kept.slice(start, start + count),
    leafHashes: (start, count) => world.kept.slice(start, start + count).map(() => salt),
    blobs: () => undefined,
    transaction: (work) => {
      const before = { lines: [...world.lines], mark: world.mark }
      try {
        work()
      } catch (error) {
        Object.assign(world, before)
        throw error
      }
    },
  })
}

function lineOf(index: number): string {
  return `${index} ${1000 + index} m${index} v${index}`
}

function linesTo(size: number): string[] {
  return Array.from({ length: size }, (_, index) => lineOf(index))
}

test('apply() keeps a projection where its log is when groups follow on one another', () => {
  const world = createWorld(0)
  const replica = open(world)
  replica.apply([loggedEntry(0)])
  replica.apply([loggedEntry(1), loggedEntry(2)])
  replica.apply([])
  assert.deepEqual(world.lines, linesTo(3))
  assert.deepEqual(world.mark, { version: '1.1', size: 3 })
})

test('apply() refuses a group that does not follow on what was applied', () => {
  const world = createWorld(0)
  const replica = open(world)
  replica.apply([loggedEntry(0)])
  assert.throws(() => replica.apply([loggedEntry(2)]), /"lines" is at 1, not 2/)
})

const lags: readonly (readonly [string, ProjectionMark | undefined, number, RegExp | undefined])[] =
  [
    ['was never made', undefined, 0, /never made/],
    ['was made by an older plan', { version: '0.1', size: 600 }, 0, /version 0\.1, this is 1\.1/],
    ['was kept in another form', { version: '1.2', size: 600 }, 0, /version 1\.2, this is 1\.1/],
    ['is ahead of its log', { version: '1.1', size: 601 }, 0, /ahead/],
    ['stopped half-way', { version: '1.1', size: 300 }, 300, undefined],
  ]
for (const [state, mark, from, reason] of lags) {
  test(`catchUp() brings a projection to its log when it ${state}`, () => {
    const world = createWorld(600)
    world.mark = mark
    world.lines = mark?.version === '1.1' ? linesTo(mark.size) : ['something else']
    const replica = open(world)
    const [lagging] = replica.lagging()
    assert.deepEqual([lagging?.name, lagging?.from, lagging?.to], ['lines', from, 600])
    if (reason === undefined) assert.equal(lagging?.reason, undefined)
    else assert.match(lagging?.reason ?? '', reason)
    assert.ok([...replica.catchUp()].length > 1, 'It works in steps.')
    assert.deepEqual(world.lines, linesTo(600))
    assert.deepEqual(replica.lagging(), [])
  })
}

test('catchUp() goes on where it was when it failed half-way', () => {
  const world = createWorld(600)
  world.failsAt = 400
  assert.throws(() => [...open(world).catchUp()], /disk is full/)
  assert.deepEqual(world.mark, { version: '1.1', size: 256 })
  world.failsAt = undefined
  const replica = open(world)
  assert.deepEqual(replica.lagging(), [{ name: 'lines', from: 256, to: 600 }])
  for (const _ of replica.catchUp()) continue
  assert.deepEqual(world.lines, linesTo(600))
})

test('catchUp() leaves out what was taken down', () => {
  const world = createWorld(3)
  const [first, second, third] = world.kept
  assert.ok(first && second && third)
  world.kept = [first, { ...second, body: null }, { ...third, values: null }]
  for (const _ of open(world).catchUp()) continue
  assert.deepEqual(world.lines, [lineOf(0), '1 1001 withheld v1', '2 1002 m2 '])
})

test('forgetAll() has projections made again from the first entry on', () => {
  const world = createWorld(2)
  const replica = open(world)
  for (const _ of replica.catchUp()) continue
  replica.forgetAll()
  assert.deepEqual(world.lines, [])
  assert.deepEqual(
    replica.lagging().map(({ name, from }) => [name, from]),
    [['lines', 0]],
  )
  for (const _ of replica.catchUp()) continue
  assert.deepEqual(world.lines, linesTo(2))
})
