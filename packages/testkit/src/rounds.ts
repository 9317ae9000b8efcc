// How long the long rounds are: modest in CI, full before a release, from the one setting STELE_ROUNDS.

/** So many rounds as the setting wants: `modest` (also without it) or `full`. */
export function roundsOf(sizes: { readonly modest: number; readonly full: number }): number {
  const wanted = process.env['STELE_ROUNDS'] ?? 'modest'
  if (wanted === 'modest' || wanted === 'full') return sizes[wanted]
  throw new Error(`STELE_ROUNDS is "${wanted}": must be modest or full`)
}
