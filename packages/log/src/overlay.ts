// The state as the next call of a group sees it: the committed rows under the group's own writes.
import type { StateReader, Write } from '@stele/entries'
import { compareUtf8 } from '@stele/formats'

/** Writes that are not committed yet, over a reader of those that are. */
export class Overlay implements StateReader {
  readonly #committed: StateReader
  readonly #objects = new Map<string, Map<string, Uint8Array | null>>()

  constructor(committed: StateReader) {
    this.#committed = committed
  }

  get: StateReader['get'] = (object, field) => {
    const written = this.#objects.get(object)?.get(field)
    if (written === null) return undefined
    return written ?? this.#committed.get(object, field)
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

  apply(writes: readonly Write[]): void {
    for (const { object, field, value } of writes) {
      const fields = this.#objects.get(object) ?? new Map<string, Uint8Array | null>()
      this.#objects.set(object, fields.set(field, value))
    }
  }

  /** The net writes so far, each field once. */
  *writes(): Iterable<Write> {
    for (const [object, fields] of this.#objects) {
      for (const [field, value] of fields) yield { object, field, value }
    }
  }
}
