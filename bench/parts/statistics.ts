// Medians and spreads of a handful of rounds.

/** The value below which this part (0 to 1) of the samples lies; NaN of no samples. */
export function quantile(samples: readonly number[], part: number): number {
  const sorted = samples.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** The middle sample, or the mean of the two in the middle; NaN of no samples. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2
}

/** How far the samples lie apart, as `±n %`: half of the way from the least to the greatest, by the median. */
export function spread(samples: readonly number[]): string {
  const half = (Math.max(...samples) - Math.min(...samples)) / 2
  return `±${Math.round((half / median(samples)) * 100)} %`
}
