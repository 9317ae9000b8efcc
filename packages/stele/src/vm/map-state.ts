// Rows in memory, read as a state is.
import type { StateReader } from '@stele/entries/calls'
import { compareUtf8 } from '@stele/formats/names'
import type { StateRow } from './rerun.ts'

/** A state of these rows. */
export function mapState(rows: readonly StateRow[]): StateReader {
  const objects = new Map<string, Map<string, Uint8Array>>()
  for (const [object, field, value] of rows) {
    const fields = objects.get(object) ?? new Map<string, Uint8Array>()
    objects.set(object, fields)
    fields.set(field, value)
  }
  return {
    get: (object, field) => objects.get(object)?.get(field),
    list: (object) => [...(objects.get(object)?.keys() ?? [])].sort(compareUtf8),
  }
}
