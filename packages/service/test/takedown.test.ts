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

function entryOf(some: readonly EntryValue[] | null, hasEffects = true): KeptEntry {
  const writes = rows.map(({ object, field, text }) => {
    return [object, field, hashValue(Buffer.from(text))] as const
  })
  const effects = Buffer.from(formatEffects({ ok: true, changes: 3, writes }))
  const empty = new Uint8Array(32)
  const hashes = { bodyHash: empty, effectsHash: empty, stateRoot: empty }
  return {
    leaf: formatLeaf({ kind: entryKinds.call, timeMs: 1, ...hashes }),
    body: empty,
    effects: hasEffects ? Buffer.concat([empty, effects]) : null,
    values: some === null ? null : formatValues(some),
  }
}

/** A log of which only entry 1 matters; `keyText` is what the key's row holds now. */
function logOf(entry: KeptEntry, keyText = 'another') {
  const signed: TakedownBody[] = []
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
    entries: () => [entry],
    row,
    get: (object: string, field: string) =>
      object === logObject ? Buffer.from(canonicalJson(settings[field] ?? null)) : undefined,
    blobs: {
      find: (name: string) => [long, shared].includes(name) || undefined,
      read: () => undefined,
    },
  }
  const sequencer = {
    head: { size: 5 },
    submitSigned: async (plan: (seq: number) => TakedownBody) => {
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

  const taken: readonly EntryValue[] = [{ withheld: true }, ...values.slice(1)]
  for (const [title, entry, part, reason] of [
    ['there are not so many', entryOf(values), some(0, 4), /it has 4 values, none at position 4/],
    ['one is gone already', entryOf(taken), some(0, 1), /position 0 was taken down before/],
    ['all are gone already', entryOf(null), some(0), /it was taken down before/],
    ['the effects are gone', entryOf(values, false), some(0), /its effects were taken down before/],
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
