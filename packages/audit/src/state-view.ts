// The state as the entries before one left it, to run calls on and to compare with what is served.
import type { StateReader } from '@stele/entries/calls'
import type { FieldRow, RowVersion, SharedRows } from './shared-rows.ts'

/** The entries that there are: sees all of them. */
export const newestEntry = 0x7fffffff

/** What a service's checks read: values, and when each row was written. */
export type AuditedState = StateReader & {
  /** The row, also where its value is withheld; undefined where there is none, or it was removed. */
  readonly row: (object: string, field: string) => RowVersion | undefined
  /** Every row that the object ever had, in no order. */
  readonly rows: (object: string) => Iterable<FieldRow>
}

/** A state that calls can be run on. Reading a withheld value throws, and is noted. */
export class StateView implements AuditedState {
  readonly #rows: SharedRows
  /** Writes of this entry and later ones are not seen. */
  before: number
  #hasMetWithheld = false

  constructor(rows: SharedRows, before: number = newestEntry) {
    this.#rows = rows
    this.before = before
  }

  get: StateReader['get'] = (object, field) => {
    const row = this.row(object, field)
    if (row === undefined) return undefined
    if (row.value instanceof Uint8Array) return row.value
    this.#hasMetWithheld = true
    throw new Error(`The value of "${object}" "${field}" is withheld`)
  }

  list: StateReader['list'] = (object) => this.#rows.fieldsOf(object, this.before)

  row = (object: string, field: string): RowVersion | undefined => {
    const row = this.#rows.find(object, field, this.before)
    return row?.value === null ? undefined : row
  }

  rows = (object: string): Iterable<FieldRow> => this.#rows.rowsOf(object, this.before)

  /** Whether a withheld value was asked for since the last time that this was asked. */
  takeMetWithheld(): boolean {
    const met = this.#hasMetWithheld
    this.#hasMetWithheld = false
    return met
  }
}
