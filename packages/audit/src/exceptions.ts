// Entries of which something could not be checked, since it was taken down.
import { maxExceptionRanges } from './limits.ts'
import type { Exception } from './report.ts'

/** Gathers exceptions; neighbours of one kind become one range. */
export class Exceptions {
  readonly #ranges: Exception[] = []
  readonly #entries = new Set<number>()

  /** Notes one entry. */
  add(entry: number, unchecked: Exception['unchecked'], reason: string): void {
    this.#entries.add(entry)
    const last = this.#ranges.at(-1)
    if (last?.to === entry - 1 && last.unchecked === unchecked && last.reason === reason) {
      this.#ranges[this.#ranges.length - 1] = { ...last, to: entry }
    } else if (this.#ranges.length < maxExceptionRanges) {
      this.#ranges.push({ from: entry, to: entry, unchecked, reason })
    }
  }

  /** Different entries that were noted. */
  get entryCount(): number {
    return this.#entries.size
  }

  /** The ranges that were noted first, by their entries. */
  get ranges(): readonly Exception[] {
    return this.#ranges.toSorted((a, b) => a.from - b.from)
  }
}
