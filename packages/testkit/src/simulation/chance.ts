// Chance from a seed: the same seed gives the same run, on every machine.

/** Draws, one after the other. */
export type Chance = {
  /** A whole number from 0 to `below - 1`. */
  readonly below: (below: number) => number
  /** True once in `times`. */
  readonly oneIn: (times: number) => boolean
  readonly pick: <T>(list: readonly [T, ...T[]]) => T
  readonly bytes: (sizeBytes: number) => Uint8Array
}

/** The chance of a seed, by Marsaglia's xorshift of 32 bits. */
export function createChance(seed: number): Chance {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) | 0 || 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  for (let i = 0; i < 8; i++) next() // Neighbouring seeds part.
  const below = (limit: number): number => next() % limit
  return {
    below,
    oneIn: (times) => below(times) === 0,
    pick: (list) => list[below(list.length)] ?? list[0],
    bytes: (sizeBytes) => Uint8Array.from({ length: sizeBytes }, () => below(256)),
  }
}
