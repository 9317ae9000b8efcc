// Times as npm writes them.

/** The time as ISO 8601 with milliseconds, in UTC. */
export function isoTime(timeMs: number): string {
  // oxlint-disable-next-line no-restricted-globals -- Formats a given time; the clock is not read.
  return new Date(timeMs).toISOString()
}

/** The inverse: milliseconds since 1970; undefined for a text that is no time. */
export function parseTime(text: string): number | undefined {
  // oxlint-disable-next-line no-restricted-globals -- Reads a given time; the clock is not read.
  const timeMs = Date.parse(text)
  return Number.isFinite(timeMs) ? timeMs : undefined
}
