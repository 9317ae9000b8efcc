// A state in memory.
import type { StateReader } from '@stele/entries/calls'
import type { Transition } from '@stele/entries/transition'
import { compareUtf8 } from '@stele/formats/names'

/** A row of a state. */
export type StateRow = readonly [object: string, field: string, value: Uint8Array]

/** A state of these rows, and of what is written to it. */
export class MemoryState implements StateReader {
  readonly #objects = new Map<string, Map<string, Uint8Array>>()

  constructor(rows: readonly StateRow[] = []) {
    for (const [object, field, value] of rows) this.write({ object, field, value })
  }

  get: StateReader['get'] = (object, field) => this.#objects.get(object)?.get(field)

  list: StateReader['list'] = (object) =>
    [...(this.#objects.get(object)?.keys() ?? [])].sort(compareUtf8)

  write({ object, field, value }: Transition['writes'][number]): void {
    const fields = this.#objects.get(object) ?? new Map<string, Uint8Array>()
    this.#objects.set(object, fields)
    if (value === null) fields.delete(field)
    else fields.set(field, value)
  }

  rows(): readonly StateRow[] {
    return Array.from(this.#objects, ([object, fields]) =>
      Array.from(fields, ([field, value]): StateRow => [object, field, value]),
    ).flat()
  }
}
