// Entries of which something could not be checked: it was taken down, or nobody vouches for what decided it.
import { maxExceptionRanges } from './limits.ts'
import type { Exception } from './report.ts'

/** Gathers exceptions; neighbours of one kind become one range. */
export class Exceptions {
  readonly #ranges: Exception[] = []
  /** The same, without a limit and without reasons; neighbours joined. */
  readonly #spans: Span[] = []

  /** Notes one entry. */
  add(entry: number, unchecked: Exception['unchecked'], reason: string): void {
    const span = this.#spans.at(-1)
    if (span !== undefined && (entry === span.to || entry === span.to + 1)) span.to = entry
    else this.#spans.push({ from: entry, to: entry })
    const last = this.#ranges.at(-1)
    if (last?.to === entry - 1 && last.unchecked === unchecked && last.reason === reason) {
      this.#ranges[this.#ranges.length - 1] = { ...last, to: entry }
    } else if (this.#ranges.length < maxExceptionRanges) {
      this.#ranges.push({ from: entry, to: entry, unchecked, reason })
    }
  }

  /** Different entries that were noted, or lie in one of `more`. */
  countWith(more: readonly Exception[]): number {
    const spans = [...this.#spans, ...more].toSorted((a, b) => a.from - b.from)
    let [count, end] = [0, 0]
    for (const { from, to } of spans) {
      count += Math.max(0, to + 1 - Math.max(from, end))
      end = Math.max(end, to + 1)
    }
    return count
  }

  /** The ranges that were noted first, and `more`, by their entries. */
  rangesWith(more: readonly Exception[]): readonly Exception[] {
    const ranges = [...more, ...this.#ranges].slice(0, maxExceptionRanges)
    return ranges.toSorted((a, b) => a.from - b.from)
  }
}

type Span = { readonly from: number; to: number }
