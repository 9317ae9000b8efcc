// What a takedown signs: what is there and no more, with the blobs of the values that it names.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { rootsAccount, type TakedownBody, type WithheldPart } from '@stele/entries/bodies'
import { entryKinds, formatLeaf } from '@stele/entries/leaf'
import {
  type EntryValue,
  formatEffects,
  formatValues,
  hashValue,
  type KeptEntry,
} from '@stele/entries/parts'
import { logObject } from '@stele/entries/transition'
import { canonicalJson } from '@stele/formats/json'
import type { Sequencer } from '@stele/log'
import type { ServicePorts } from '../src/ports.ts'
import { takeDown } from '../src/takedown.ts'

const [long, shared] = ['ab'.repeat(64), 'cd'.repeat(64)]
const keyRow = { object: 'stele/keys/ed25519:x', field: 'k', text: '{"seq":2}' }
const rows = [
  { object: '/', field: 'a', text: 'one' },
  { object: '/', field: 'b', text: 'long' },
  { object: '/', field: 'c', text: 'shared' },
  keyRow,
]
const values: readonly EntryValue[] = [
  { bytes: Buffer.from('one') },
  { blob: long },
  { blob: shared },
  { bytes: Buffer.from(keyRow.text) },
]

const empty = new Uint8Array(32)
/** A root that no entry before has. */
const changed = new Uint8Array(32).fill(1)

function entryOf(
  some: readonly EntryValue[] | null,
  { hasEffects = true, hasBody = true, stateRoot = changed, written = rows } = {},
): KeptEntry {
  const writes = written.map(({ object, field, text }) => {
    return [object, field, hashValue(Buffer.from(text))] as const
  })
  const effects = Buffer.from(formatEffects({ ok: true, changes: 3, writes }))
  const hashes = { bodyHash: empty, effectsHash: empty, stateRoot }
  return {
    leaf: formatLeaf({ kind: entryKinds.call, timeMs: 1, ...hashes }),
    body: hasBody ? empty : null,
    effects: hasEffects ? Buffer.concat([empty, effects]) : null,
    values: some === null ? null : formatValues(some),
  }
}

const nothingBefore = entryOf([], { stateRoot: empty, written: [] })

/**
 * A log of which only entry 1 matters; `keyText` is what the key's row holds now. Each takedown waits for its turn until the
 * entries that `arrive` tells have come.
 */
function logOf(entry: KeptEntry, keyText = 'another') {
  const signed: TakedownBody[] = []
  const entries = [nothingBefore, entry, ...[2, 3, 4].map(() => nothingBefore)]
  let arriving: readonly KeptEntry[] = []
  const row = (object: string, field: string) => {
    const found = rows.find((one) => one.object === object && one.field === field)
    const text = object === keyRow.object ? keyText : found?.text
    if (text === undefined) return undefined
    const bytes = Buffer.from(text)
    return { hash: Buffer.from(hashValue(bytes), 'hex'), value: { bytes } }
  }
  const settings: { readonly [name: string]: string | object } = {
    script: 'ee'.repeat(64),
    engine: 'ef'.repeat(64),
    limits: {},
  }
  const store = {
    entries: (start: number, count: number) => entries.slice(start, start + count),
    row,
    get: (object: string, field: string) =>
      object === logObject ? Buffer.from(canonicalJson(settings[field] ?? null)) : undefined,
    blobs: {
      find: (name: string) => [long, shared].includes(name) || undefined,
      read: () => undefined,
    },
  }
  const sequencer = {
    get head() {
      return { size: entries.length }
    },
    submitSigned: async (plan: (seq: number) => TakedownBody) => {
      entries.push(...arriving)
      signed.push(plan(1))
      return { index: 5 }
    },
  }
  const seed = new Uint8Array(32).fill(1)
  const ports = {
    sequencer: sequencer as unknown as Sequencer,
    identity: {
      origin: 'example.com',
      operator: 'op',
      seeds: { log: seed, clock: seed, root: seed },
    },
    home: { store } as unknown as ServicePorts['home'],
    erasing: { erase: () => undefined, stop: () => undefined },
  }
  return {
    signed,
    arrive: (...some: readonly KeptEntry[]) => {
      arriving = some
    },
    takeAsOf: (asOf: number, ...withhold: WithheldPart[]) =>
      takeDown(ports, { withhold, reason: 'r', asOf }),
    take: (...withhold: WithheldPart[]) => takeDown(ports, { withhold, reason: 'r' }),
  }
}

const some = (...writes: readonly number[]) => ({ entry: 1, part: 'values', writes }) as const
const all = { entry: 1, part: 'values' } as const

suite('takeDown() of values', () => {
  for (const [title, part, blobs] of [
    ['all', all, [long, shared]],
    ['short ones', some(0), []],
    ['a long one', some(1), [long]],
    ['a short and a long one', some(0, 2), [shared]],
  ] as const) {
    test(`takeDown() names the blobs of long values among those that it names when those are ${title}`, async () => {
      const { signed, take } = logOf(entryOf(values))
      await take(part)
      assert.deepEqual(signed[0]?.withhold, [part, ...blobs.map((blob) => ({ blob }))])
      assert.deepEqual([signed[0]?.account, signed[0]?.signatures.length], [rootsAccount, 1])
    })
  }

  const goneAll: readonly EntryValue[] = values.map(() => ({ withheld: true }))
  const taken: readonly EntryValue[] = [{ withheld: true }, ...values.slice(1)]
  for (const [title, entry, part, reason] of [
    ['there are not so many', entryOf(values), some(0, 4), /it has 4 values, none at position 4/],
    ['one is gone already', entryOf(taken), some(0, 1), /position 0 was taken down before/],
    ['there are none', entryOf([], { written: [] }), all, /no values that were not taken down/],
    ['each one is gone already', entryOf(goneAll), all, /no values that were not taken down/],
    ['all are gone already', entryOf(null), some(0), /it was taken down before/],
    [
      'the effects are gone',
      entryOf(values, { hasEffects: false }),
      some(0),
      /its effects were taken down before/,
    ],
  ] as const) {
    test(`takeDown() throws takedown_refused and signs nothing when ${title}`, async () => {
      const { signed, take } = logOf(entry)
      await assert.rejects(take(part), { code: 'takedown_refused', message: reason })
      assert.deepEqual(signed, [])
    })
  }

  for (const part of [all, some(0, 3)]) {
    test(`takeDown() throws takedown_refused when the log still uses one of ${part === all ? 'all' : 'them'}`, async () => {
      const { take } = logOf(entryOf(values), keyRow.text)
      const refusal = { code: 'takedown_refused', message: /position 3 is the log's own/ }
      await assert.rejects(take(part), refusal)
      await take(some(0, 1))
    })
  }

  test('takeDown() names further values of an entry, and then all that are left', async () => {
    const { signed, take } = logOf(entryOf(taken))
    await take(some(1))
    await take(all)
    assert.equal(signed.length, 2)
  })
})

const [body, effects] = [
  { entry: 1, part: 'body' },
  { entry: 1, part: 'effects' },
] as const

suite('takeDown() of a body and of effects', () => {
  const gone: readonly EntryValue[] = [{ withheld: true }, { bytes: new Uint8Array() }]
  const first = /take down its values first/
  for (const [title, left, refusal] of [
    ['a value is left', entryOf(values), first],
    ['all but one value was taken down', entryOf([...gone, { bytes: empty }]), first],
    ['its values were taken down', entryOf(null), undefined],
    ['only empty values are left, which tell nothing', entryOf(gone), undefined],
    ['it wrote nothing', entryOf([], { written: [] }), undefined],
  ] as const) {
    test(`takeDown() ${refusal ? 'throws takedown_refused for' : 'takes'} the effects when ${title}`, async () => {
      const { signed, take } = logOf(left)
      if (refusal === undefined) await take(effects)
      else await assert.rejects(take(effects), { code: 'takedown_refused', message: refusal })
      assert.equal(signed.length, refusal === undefined ? 1 : 0)
    })
  }

  for (const [title, part, isTaken] of [
    ['all values', all, true],
    ['all values by their positions', some(0, 1, 2, 3), true],
    ['some of the values', some(0, 1), false],
  ] as const) {
    test(`takeDown() ${isTaken ? 'takes' : 'throws takedown_refused for'} the effects when it names ${title} too`, async () => {
      const { take } = logOf(entryOf(values))
      if (isTaken) await take(part, effects)
      else await assert.rejects(take(part, effects), { code: 'takedown_refused', message: first })
    })
  }

  for (const [title, entry, parts] of [
    ['the effects were taken down before', entryOf(null, { hasEffects: false }), [body]],
    ['the body was taken down before', entryOf(null, { hasBody: false }), [effects]],
    ['it names both', entryOf(null), [body, effects]],
  ] as const) {
    test(`takeDown() throws takedown_refused for the second of body and effects when ${title} and the entry changed the state`, async () => {
      const message = /only its body or its effects can be taken down, not both/
      await assert.rejects(logOf(entry).take(...parts), { code: 'takedown_refused', message })
    })
  }

  test('takeDown() takes body and effects when the entry left the state as it was', async () => {
    const { signed, take } = logOf(entryOf([], { stateRoot: empty, written: [] }))
    await take(body, effects)
    assert.equal(signed.length, 1)
  })
})

suite('takeDown() when its turn comes later', () => {
  const [row] = rows
  const again = entryOf([{ bytes: Buffer.from('one') }], { written: row ? [row] : [] })
  const other = entryOf([], { written: [{ object: '/', field: 'z', text: 'one' }] })
  const later = { code: 'takedown_refused', message: /entry 5, which came in between, wrote it/ }

  for (const part of [all, some(0)]) {
    test(`takeDown() throws takedown_refused and signs nothing when a call has written ${part === all ? 'one of all values' : 'the value'} again`, async () => {
      const { signed, take, arrive } = logOf(entryOf(values))
      arrive(again)
      await assert.rejects(take(part), later)
      assert.deepEqual(signed, [])
    })
  }

  test('takeDown() looks at what was written since the asker looked', async () => {
    const { takeAsOf, arrive } = logOf(entryOf(values))
    arrive(again)
    await takeAsOf(6, some(0))
    await assert.rejects(takeAsOf(5, some(0)), later)
  })

  test('takeDown() throws takedown_refused when a long value was written elsewhere', async () => {
    const { take, arrive } = logOf(entryOf(values))
    arrive(entryOf([{ blob: long }], { written: [{ object: '/', field: 'z', text: 'long' }] }))
    await assert.rejects(take(some(1)), later)
  })

  test('takeDown() throws takedown_refused when nobody can tell any more what came in between', async () => {
    const { take, arrive } = logOf(entryOf(values))
    arrive(entryOf(null, { hasEffects: false }))
    await assert.rejects(take(some(0)), later)
  })

  test('takeDown() takes the value when calls in between wrote something else', async () => {
    const { signed, take, arrive } = logOf(entryOf(values))
    arrive(other, again)
    await take(some(1))
    assert.equal(signed.length, 1)
  })
})
