// Limits of what one entry may hold. A leaf commits to parts of at most these sizes.

/** Bytes of a body: an entry stays small, since big arguments travel as blobs. */
export const maxBodyBytes: number = 1024 * 1024
/** Bytes of the effects: as many writes as the script host allows, with their hashes. */
export const maxEffectsBytes: number = 4 * 1024 * 1024
/** Bytes of a value that is kept in line; a longer one is a blob (spec/state.md "Files"). */
export const maxInlineValueBytes: number = 16_384
/** Bytes of one record in a bundle: all the values of one entry. */
export const maxRecordBytes: number = 64 * 1024 * 1024
/** The last time that can be written as a date: the end of what JavaScript's dates hold, in milliseconds since 1970. */
export const maxTimeMs = 8_640_000_000_000_000
/** How far ahead a signed call may be valid (spec/state.md "Call body"). */
export const maxNotAfterMs: number = 10 * 60 * 1000
/** Signatures on one config or takedown entry. */
export const maxRootSignatures = 32
/** Parts that one takedown may name. */
export const maxWithheldParts = 10_000
/** Values of one entry that one part of a takedown may name: as many writes as the host lets a call make. */
export const maxNamedWrites = 10_000
/** Bytes of the random salt that stands before a body, and before effects (spec/state.md "Leaf"). */
export const saltBytes = 32
/** Entries of a log that are read, or applied, at once: bounds the memory for them, and how long others wait. */
export const entriesPerStep = 256
/** Oracles that one call may ask: as many answers as its body could hold. */
export const maxOracles = 10_000
