// The state with what is known of each row: when it was written, and whether its value can still be read.
import type { StateReader } from '@stele/entries/calls'

/** A row as an entry left it. `value` is undefined where it is withheld, null where the row was removed. */
export type StateRow = {
  readonly value: Uint8Array | null | undefined
  readonly entry: number
  readonly timeMs: number
}

/** Reading a withheld value by `get` throws. */
export type StateRows = StateReader & {
  /** The row, undefined where there is none. */
  readonly row: (object: string, field: string) => StateRow | undefined
  /** Every row that the object ever had, removed ones too, in no order. */
  readonly rows: (
    object: string,
  ) => Iterable<
    StateRow & { readonly field: string; readonly firstEntry: number; readonly firstTimeMs: number }
  >
}
