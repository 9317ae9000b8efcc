// The rules that releases had, by the hex SHA-512 of the script. Written by scripts/bundle-rules.ts, in the order of the releases.
// Whoever trusts a release trusts the rules of those before it: this list never loses a line.

/** Rules, and the release that first had them. */
export const releasedRules: readonly { readonly name: string; readonly release: string }[] = [
  {
    name: '8d8fb82588c11cb787ed393988c753d95f757ca9ad4bad4a0305491e35f3a451403c3fc9f2a51b9ded7ac05cd9c974f98f6aaab6df14032f144cfac6af744c5e',
    release: '0.1.0',
  },
]
