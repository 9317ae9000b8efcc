// The shape of one catalogue entry.

/** What the catalogue says of one code. Messages name the action, the subject, what was found and what was wanted. */
export type Entry<Details> = {
  /** The HTTP status. Never 5xx for a permanent refusal: clients would retry (npm-wire H12). */
  readonly status: number
  readonly message: (details: Details) => string
  /** What stands below the message, a line each. */
  readonly lines?: (details: Details) => readonly string[]
  /** What the reader can do next. */
  readonly fix?: (details: Details) => string | undefined
}

/** One area's part of the catalogue. */
export type Catalogue<Area> = { readonly [C in keyof Area]: Entry<Area[C]> }
