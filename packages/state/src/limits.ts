// Limits of the state trie, its proofs and its bundles (spec/state.md "State trie", "Proofs").

/** Bytes of an object's name, as UTF-8. */
export const maxObjectBytes = 512
/** Bytes of a field's name, as UTF-8. */
export const maxFieldBytes = 1024
/** Bytes of a path: the object's hash, the field and its closing zero. */
const maxPathBytes: number = 32 + maxFieldBytes + 1
/** Bits of a path, and so the depth of the trie: bits grow downward. */
export const maxPathBits: number = 8 * maxPathBytes
/** Bytes of a partial tree: what a client takes in one answer. */
export const maxTreeBytes: number = 16 * 1024 * 1024
/** Queries in one request: 1,000 keys hold a core for about 15 ms. */
export const maxQueries = 5_000
/** Bytes of a head: the largest signed note (128 KiB), and as much again for its path and leaf. */
export const maxHeadBytes: number = 256 * 1024
/** Bytes of a bundle: a client holds it in memory. */
export const maxBundleBytes: number = 128 * 1024 * 1024
