// The state, read against the trie: what a database says is believed only as far as the last leaf's root commits to it.
import { hash } from 'node:crypto'
import type { StateReader } from '@stele/entries/calls'
import { isSteleError } from '@stele/errors'
import type { Trie } from '@stele/state'
import { isSameHash } from '@stele/tlog/tree'

/**
 * Reads what `trie` commits to, its open group included. A value or a listing that differs throws what `refuse` makes of
 * the reason; what the trie does not know is absent, whatever the rows say.
 */
export function checkedState(
  state: StateReader,
  trie: Trie,
  refuse: (reason: string) => Error,
): StateReader {
  return {
    get: (object, field) => {
      const wanted = leafOf(trie, object, field)
      // Most of what a call looks for is not there. A row that is there all the same decides nothing; `compareRows` finds it.
      if (wanted === undefined) return undefined
      const value = readChecked(state, { object, field, wanted }, refuse)
      if (value !== undefined && isValueOf(value, wanted)) return value
      throw refuse(`the value of "${object}" "${field}" is not the one that its state commits to`)
    },
    list: (object) => {
      const fields = state.list(object)
      const wanted = fieldsOf(trie, object)
      const isSame =
        fields.length === wanted.length && fields.every((one, at) => one === wanted[at])
      if (isSame) return fields
      throw refuse(`the fields of "${object}" are not those that its state commits to`)
    },
  }
}

/** The value; throws `value_withheld` where it is, if that is the value which the trie commits to. */
function readChecked(
  state: StateReader,
  { object, field, wanted }: { object: string; field: string; wanted: Uint8Array },
  refuse: (reason: string) => Error,
): Uint8Array | undefined {
  try {
    return state.get(object, field)
  } catch (error) {
    if (!isSteleError(error, 'value_withheld')) throw error
    if (Buffer.from(wanted).toString('hex') === error.details.hash) throw error
    throw refuse(`the withheld value of "${object}" "${field}" is not one of its state's`)
  }
}

/** True when the value is what this leaf of the trie stands for. */
export function isValueOf(value: Uint8Array, valueHash: Uint8Array): boolean {
  return isSameHash(hash('sha256', value, 'buffer'), valueHash)
}

/** The value hash at this key. A key beyond the limits is in no trie. */
export function leafOf(trie: Trie, object: string, field: string): Uint8Array | undefined {
  return orIfNoKey(() => trie.get(object, field), undefined)
}

function fieldsOf(trie: Trie, object: string): readonly string[] {
  return orIfNoKey(() => trie.list(object), [])
}

function orIfNoKey<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch (error) {
    if (isSteleError(error, 'entry_invalid')) return otherwise
    throw error
  }
}
