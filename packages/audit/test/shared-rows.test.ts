import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { roundsOf } from '@stele/testkit'
import fc from 'fast-check'
import { segmentBytes } from '../src/limits.ts'
import { SharedRows } from '../src/shared-rows.ts'
import { newestEntry, StateView } from '../src/state-view.ts'

type Write = readonly [object: string, field: string, value: string | null | undefined]

const name = fc.constantFrom('/a', '/b', '/a/b', 'é', '/packages/@s%2Fx')
const value = fc.oneof(fc.string(), fc.constant(null), fc.constant(undefined))
const entries = fc.array(
  fc.uniqueArray(fc.tuple(name, name, value), { selector: ([o, f]) => o + f, maxLength: 4 }),
  { maxLength: 30 },
)

/** The state before each entry, as a Map would have it. */
function naive(
  log: readonly (readonly Write[])[],
  before: number,
): Map<string, Map<string, string | undefined>> {
  const state = new Map<string, Map<string, string | undefined>>()
  for (const [object, field, text] of log.slice(0, before).flat()) {
    const fields = state.get(object) ?? new Map()
    state.set(object, fields)
    if (text === null) fields.delete(field)
    else fields.set(field, text)
  }
  return state
}

function fill(rows: SharedRows, log: readonly (readonly Write[])[]): void {
  for (const [entry, writes] of log.entries()) {
    for (const [object, field, text] of writes) {
      rows.write(object, field, {
        value: text == null ? text : Buffer.from(text),
        entry,
        timeMs: entry * 10,
      })
    }
  }
}

suite('SharedRows', () => {
  test('SharedRows shows the state before any entry, from another thread too, when rows are any', () => {
    fc.assert(
      fc.property(entries, fc.nat(30), (log, recycled) => {
        const rows = new SharedRows()
        const more: SharedArrayBuffer[] = []
        rows.onSegment((segment) => more.push(segment))
        const other = new SharedRows(rows.memory, () => more.splice(0))
        fill(rows, log)
        rows.recycle(recycled)
        for (let before = recycled; before <= log.length; before++) {
          const wanted = naive(log, before)
          const view = new StateView(other, before)
          for (const [object, fields] of wanted) {
            const sorted = [...fields.keys()].toSorted((a, b) =>
              Buffer.compare(Buffer.from(a), Buffer.from(b)),
            )
            assert.deepEqual(view.list(object), sorted)
            for (const [field, text] of fields) {
              const found = view.row(object, field)?.value
              assert.equal(found && Buffer.from(found).toString(), text)
            }
          }
        }
      }),
      { numRuns: roundsOf({ modest: 25, full: 500 }) }, // Each takes 10 MB.
    )
  })

  test('SharedRows uses memory again when one row is written a million times', () => {
    const rows = new SharedRows()
    const bytes = Buffer.alloc(1000, 1)
    for (let entry = 0; entry < 20_000; entry++) {
      rows.write('/a', 'b', { value: bytes, entry, timeMs: entry })
      rows.recycle(entry)
    }
    assert.equal(rows.memory.segments.length, 1)
  })

  test('SharedRows keeps values that are larger than a segment, and those behind them', () => {
    const rows = new SharedRows()
    const large = Buffer.alloc(segmentBytes * 2 + 5, 7)
    rows.write('/a', 'large', { value: large, entry: 0, timeMs: 0 })
    rows.write('/a', 'small', { value: Buffer.from('x'), entry: 1, timeMs: 1 })
    const view = new StateView(rows)
    assert.ok(large.equals(view.get('/a', 'large') ?? Buffer.alloc(0)))
    assert.equal(Buffer.from(view.get('/a', 'small') ?? []).toString(), 'x')
  })

  test('rowsOf() tells of removed rows, and of the first entry that wrote each', () => {
    const rows = new SharedRows()
    rows.write('/a', 'b', { value: Buffer.from('1'), entry: 3, timeMs: 30 })
    rows.write('/a', 'b', { value: null, entry: 5, timeMs: 50 })
    assert.deepEqual(
      [...rows.rowsOf('/a', newestEntry)],
      [{ field: 'b', value: null, entry: 5, timeMs: 50, firstEntry: 3, firstTimeMs: 30 }],
    )
    assert.deepEqual([...rows.rowsOf('/a', 3)], [])
  })

  test('get() throws, and notes it, when the value is withheld', () => {
    const rows = new SharedRows()
    rows.write('/a', 'b', { value: undefined, entry: 0, timeMs: 0 })
    const view = new StateView(rows)
    assert.throws(() => view.get('/a', 'b'), /withheld/)
    assert.deepEqual([view.takeMetWithheld(), view.takeMetWithheld()], [true, false])
    assert.deepEqual(view.list('/a'), ['b'])
  })
})
