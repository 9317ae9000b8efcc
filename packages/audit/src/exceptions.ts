// Entries of which something could not be checked: it was taken down, or nobody vouches for what decided it.
import { maxExceptionRanges } from './limits.ts'
import type { Exception } from './report.ts'

/** What was noted of one kind and for one reason, as spans of neighbours; noted in any order. */
type Kind = Pick<Exception, 'unchecked' | 'reason' | 'subject'>
type Span = { readonly from: number; to: number }
type Noted = Kind & { readonly spans: Span[] }

/** Gathers exceptions; neighbours of one kind become one range. */
export class Exceptions {
  readonly #noted = new Map<string, Noted>()

  /** Notes one entry. `subject` is what of it was not checked, where that has a name. */
  add(entry: number, { unchecked, reason, subject }: Kind): void {
    const key = JSON.stringify([unchecked, reason, subject])
    const named = subject === undefined ? {} : { subject }
    const kind = this.#noted.get(key) ?? { unchecked, reason, ...named, spans: [] }
    if (kind.spans.length === 0) this.#noted.set(key, kind)
    const last = kind.spans.at(-1)
    if (last !== undefined && (entry === last.to || entry === last.to + 1)) last.to = entry
    else kind.spans.push({ from: entry, to: entry })
  }

  /** Different entries that were noted, or lie in one of `more`. */
  countWith(more: readonly Exception[]): number {
    const noted = Array.from(this.#noted.values(), ({ spans }) => spans)
    const spans = [...noted.flat(), ...more].toSorted((a, b) => a.from - b.from)
    let [count, end] = [0, 0]
    for (const { from, to } of spans) {
      count += Math.max(0, to + 1 - Math.max(from, end))
      end = Math.max(end, to + 1)
    }
    return count
  }

  /** The ranges, those in `more` too, by their entries, up to a limit. */
  rangesWith(more: readonly Exception[]): readonly Exception[] {
    const noted = Array.from(this.#noted.values(), ({ spans, ...kind }) =>
      joined(spans).map((span): Exception => ({ ...span, ...kind })),
    )
    const ranges = [...more, ...noted.flat()].toSorted((a, b) => a.from - b.from)
    return ranges.slice(0, maxExceptionRanges)
  }

  /** What was noted, to be kept. */
  toJson(): readonly Exception[] {
    const noted = Array.from(this.#noted.values(), ({ spans, ...kind }) =>
      spans.map((span) => ({ ...span, ...kind })),
    )
    return noted.flat()
  }

  /** Takes up what was kept. */
  restore(kept: readonly Exception[]): void {
    for (const { from, to, ...kind } of kept) {
      this.add(from, kind)
      const noted = this.#noted.get(JSON.stringify([kind.unchecked, kind.reason, kind.subject]))
      const span = noted?.spans.at(-1)
      if (span !== undefined) span.to = to
    }
  }
}

function joined(spans: readonly Span[]): readonly Span[] {
  const found: Span[] = []
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1)
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to)
    else found.push({ from, to })
  }
  return found
}
