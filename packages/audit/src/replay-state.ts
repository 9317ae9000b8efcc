// The state as the replay has built it, with the entry that wrote each row. Values may be withheld: then reading one is noted.
import type { StateReader } from '@stele/entries'
import { compareUtf8 } from '@stele/formats'

/** One row. `value` is undefined where it is withheld; `timeMs` is its entry's time. */
export type Row = {
  readonly value: Uint8Array | undefined
  readonly entry: number
  readonly timeMs: number
}

/** One changed row; `value` undefined: withheld; null: removed. */
export type RowWrite = {
  readonly object: string
  readonly field: string
  readonly value: Uint8Array | undefined | null
}

/** Objects with their rows, all in memory. `sorted` is kept from the first listing on. */
type Fields = { readonly rows: Map<string, Row>; sorted: string[] | undefined }

/** A state that calls can be run on. */
export class ReplayState implements StateReader {
  readonly #objects = new Map<string, Fields>()
  #hasMetWithheld = false

  get: StateReader['get'] = (object, field) => {
    const row = this.row(object, field)
    if (row === undefined) return undefined
    if (row.value !== undefined) return row.value
    this.#hasMetWithheld = true
    throw new Error(`The value of "${object}" "${field}" is withheld`)
  }

  list: StateReader['list'] = (object) => {
    const fields = this.#objects.get(object)
    if (fields === undefined) return []
    fields.sorted ??= [...fields.rows.keys()].toSorted(compareUtf8)
    return fields.sorted
  }

  /** Whether a withheld value was asked for since the last time that this was asked. */
  takeMetWithheld(): boolean {
    const met = this.#hasMetWithheld
    this.#hasMetWithheld = false
    return met
  }

  /** The row, also where its value is withheld. */
  row(object: string, field: string): Row | undefined {
    return this.#objects.get(object)?.rows.get(field)
  }

  /** Writes what an entry wrote. */
  apply(
    writes: readonly RowWrite[],
    at: { readonly entry: number; readonly timeMs: number },
  ): void {
    for (const { object, field, value } of writes) {
      if (value === null) this.#remove(object, field)
      else this.#set(object, field, { value, ...at })
    }
  }

  #set(object: string, field: string, row: Row): void {
    const fields = this.#objects.get(object) ?? { rows: new Map<string, Row>(), sorted: undefined }
    if (fields.rows.size === 0) this.#objects.set(object, fields)
    if (!fields.rows.has(field)) fields.sorted = undefined
    fields.rows.set(field, row)
  }

  #remove(object: string, field: string): void {
    const fields = this.#objects.get(object)
    if (fields === undefined || !fields.rows.delete(field)) return
    fields.sorted = undefined
    if (fields.rows.size === 0) this.#objects.delete(object)
  }
}
