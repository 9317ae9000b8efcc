import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Body, parseBody } from '../src/body.ts'
import { formatEffects, parseEffects } from '../src/effects.ts'
import type { Executor, Outcome, StateReader, Write } from '../src/execution.ts'
import { hashBody, parseLeaf } from '../src/leaf.ts'
import { applyBody } from '../src/transition.ts'
import { unhex, type VectorEntry, vectors } from './vectors.ts'

/** A state in a map, and an executor that gives what the vectors recorded of the script. */
function memoryState(): StateReader & { apply(writes: readonly Write[]): void } {
  const rows = new Map<string, Uint8Array>()
  const key = (object: string, field: string): string => `${object}\0${field}`
  return {
    get: (object, field) => rows.get(key(object, field)),
    list: () => [],
    apply: (writes) => {
      for (const { object, field, value } of writes) {
        if (value === null) rows.delete(key(object, field))
        else rows.set(key(object, field), value)
      }
    },
  }
}

const long = Buffer.from('long '.repeat(4000))

function recorded(entry: VectorEntry): Outcome {
  const effects = parseEffects(entry.effects)
  if (!effects.ok) return { ok: false, error: effects.error }
  let next = 0
  const writes = effects.writes.map(([object, field, hash]): Write => {
    if (hash === null) return { object, field, value: null }
    const value = entry.values[next++]
    return { object, field, value: value !== undefined && 'hex' in value ? unhex(value.hex) : long }
  })
  const own = writes.filter(({ object }) => object.startsWith('/'))
  const { result, changes } = effects
  return { ok: true, changes, writes: own, ...(result === undefined ? {} : { result }) }
}

test('applyBody() gives the effects of every entry of the vectors, config, takedown and signed calls among them', () => {
  const state = memoryState()
  vectors.entries.forEach((entry, index) => {
    const { timeMs } = parseLeaf(unhex(entry.leaf))
    const executor: Executor = { init: () => recorded(entry), call: () => recorded(entry) }
    const seed = hashBody(unhex(entry.salt), Buffer.from(entry.body))
    const body = parseBody(entry.kind, entry.body)
    const { effects, writes } = applyBody(body, { state, executor, timeMs, seed })
    assert.equal(formatEffects(effects), entry.effects, `entry ${index}`)
    state.apply(writes)
  })
})

/** The state before the entry, and that entry's body. */
function upTo(index: number): {
  state: ReturnType<typeof memoryState>
  body: Body
  timeMs: number
} {
  const state = memoryState()
  for (const entry of vectors.entries.slice(0, index)) {
    const executor: Executor = { init: () => recorded(entry), call: () => recorded(entry) }
    const { timeMs } = parseLeaf(unhex(entry.leaf))
    const seed = new Uint8Array(32)
    state.apply(
      applyBody(parseBody(entry.kind, entry.body), { state, executor, timeMs, seed }).writes,
    )
  }
  const entry = vectors.entries[index]
  assert.ok(entry)
  return {
    state,
    body: parseBody(entry.kind, entry.body),
    timeMs: parseLeaf(unhex(entry.leaf)).timeMs,
  }
}

type Change = (body: Record<string, unknown>) => unknown
const refusals: readonly (readonly [string, number, number, Change])[] = [
  ['a signed call names another method', 3, 0, (body) => ({ ...body, method: 'drop' })],
  ['a signed call has a higher seq than was signed', 3, 0, (body) => ({ ...body, seq: 8 })],
  ['a signed call comes again', 4, 0, (body) => ({ ...body, seq: 7 })],
  ['a signed call comes after its notAfter', 3, 20 * 60 * 1000, (body) => body],
  ['a signed call is valid too far ahead', 3, -20 * 60 * 1000, (body) => body],
  ['a signed call is of another account', 3, 0, (body) => ({ ...body, account: 'alice' })],
  ['a config entry has no signature', 11, 0, (body) => ({ ...body, signatures: [] })],
  [
    'a config entry sets something else',
    11,
    0,
    (body) => ({ ...body, set: { policy: 'quorum none' } }),
  ],
  ['a takedown names another part', 12, 0, (body) => ({ ...body, withhold: [] })],
]
for (const [what, index, laterMs, change] of refusals) {
  test(`applyBody() throws call_unauthorized when ${what}`, () => {
    const { state, body, timeMs } = upTo(index)
    const changed = { ...body, body: change({ ...body.body }) } as Body
    const executor: Executor = { init: assert.fail, call: assert.fail }
    const at = { state, executor, timeMs: timeMs + laterMs, seed: new Uint8Array(32) }
    assert.throws(() => applyBody(changed, at), { code: 'call_unauthorized' })
  })
}
