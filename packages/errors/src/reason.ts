// What was thrown, in words: anything may be, and some of it is no Error.

/** The message of an Error; anything else as text. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
