// The state as the next call of a group sees it: the committed rows under the group's own writes.
import type { StateReader, Write } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import { compareUtf8 } from '@stele/formats/names'
import type { Hash } from '@stele/tlog/tree'
import type { PastRow } from './ports.ts'

type Written = Uint8Array | null | { readonly withheld: Hash }

/** Writes that are not committed yet, over a reader of those that are. */
export class Overlay implements StateReader {
  readonly #committed: StateReader
  readonly #objects = new Map<string, Map<string, Written>>()

  constructor(committed: StateReader) {
    this.#committed = committed
  }

  get: StateReader['get'] = (object, field) => {
    const written = this.#objects.get(object)?.get(field)
    if (written === null) return undefined
    if (written === undefined) return this.#committed.get(object, field)
    if (written instanceof Uint8Array) return written
    const hash = Buffer.from(written.withheld).toString('hex')
    throw new SteleError('value_withheld', { object, field, hash })
  }

  list: StateReader['list'] = (object) => {
    const committed = this.#committed.list(object)
    const written = this.#objects.get(object)
    if (written === undefined) return committed
    const fields = new Set(committed)
    for (const [field, value] of written) {
      if (value === null) fields.delete(field)
      else fields.add(field)
    }
    return [...fields].toSorted(compareUtf8)
  }

  apply(rows: readonly PastRow[]): void {
    for (const row of rows) {
      const fields = this.#objects.get(row.object) ?? new Map<string, Written>()
      const written = 'withheld' in row ? { withheld: row.withheld } : row.value
      this.#objects.set(row.object, fields.set(row.field, written))
    }
  }

  /** The net writes so far, each field once. */
  *writes(): Iterable<Write> {
    for (const [object, fields] of this.#objects) {
      for (const [field, value] of fields) {
        if (value === null || value instanceof Uint8Array) yield { object, field, value }
      }
    }
  }
}
