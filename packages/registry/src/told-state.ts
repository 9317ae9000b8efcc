// The state as it may be told to those who read: what a takedown withholds is as if it were not there.
import type { StateReader } from '@stele/entries/calls'
import { isSteleError } from '@stele/errors'

/** The same state; `get` gives undefined where the value is withheld. Not for writes, which must not go on without it. */
export function createToldState({ get, list }: StateReader): StateReader {
  return {
    list,
    get: (object, field) => {
      try {
        return get(object, field)
      } catch (error) {
        if (isSteleError(error, 'value_withheld')) return undefined
        throw error
      }
    },
  }
}
