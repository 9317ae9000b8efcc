// Times as npm writes them.

/** The time as ISO 8601 with milliseconds, in UTC. */
export function isoTime(timeMs: number): string {
  // oxlint-disable-next-line no-restricted-globals -- Formats a given time; the clock is not read.
  return new Date(timeMs).toISOString()
}
