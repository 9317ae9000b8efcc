// The last line of an installation.

/** How many packages there are, what was done, and how long it took. */
export function summaryOf(packages: number, done: readonly string[], tookMs: number): string {
  const counted = `${packages} ${packages === 1 ? 'package' : 'packages'}`
  return `${counted}: ${done.join(', ')}, ${(tookMs / 1000).toFixed(2)} s`
}
