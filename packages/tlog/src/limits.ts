// Every limit of this package, with its unit and the reason for it.

/** Leaves of one tree: sizes are numbers here, so they stop where numbers stop being exact. */
export const maxTreeSize: number = Number.MAX_SAFE_INTEGER
/** Bytes of a signed note: 128 KiB holds 32 cosignatures of ML-DSA-44 (3.3 KB each) and more. */
export const maxNoteBytes: number = 128 * 1024
/** Signatures of one note. The specification asks for at least 16; each may cost a verification. */
export const maxNoteSignatures: number = 128
/**
 * Bytes of a key name or an origin: an ML-DSA-44 cosignature prefixes both with one length byte.
 */
export const maxKeyNameBytes: number = 255
/** Hashes of one proof, and so levels of a tree (C2SP tlog-witness). */
export const maxProofHashes: number = 63
/** Hashes of a full tile, and entries of a full bundle (C2SP tlog-tiles). */
export const tileWidth: number = 256
/** The highest level that a tile's path can name (C2SP tlog-tiles). */
export const maxTileLevel: number = 63
/** Characters of a tile's path: six groups of an index under 2^53, a level and a partial width. */
export const maxTilePathLength: number = 64
/** Bytes of one entry: its length is a u16 (C2SP tlog-tiles). */
export const maxEntryBytes: number = 2 ** 16 - 1
/** Characters of a vkey: an ML-DSA-44 key has 1,312 bytes, 1,752 characters in base64. */
export const maxVkeyLength: number = 2 * 1024 + maxKeyNameBytes
/** Bytes of the extra data of a tlog-proof; Stele's own is a leaf of 106. */
export const maxExtraBytes: number = 64 * 1024
/** Characters of one base64 line of a hash, its newline included. */
const hashLineLength: number = 44 + 1
/** Characters before the note in a proof file or a witness request, but for extra data. */
const prefaceLength: number = 128 + maxProofHashes * hashLineLength
/** Bytes of a body of add-checkpoint. */
export const maxWitnessRequestBytes: number = prefaceLength + maxNoteBytes
/** Bytes of a tlog-proof file; base64 makes four characters of three bytes. */
export const maxProofFileBytes: number =
  prefaceLength + Math.ceil(maxExtraBytes / 3) * 4 + maxNoteBytes
/** Bytes of a policy: 2 × 64 keys of ML-DSA-44, 2 KB each, with groups and comments. */
export const maxPolicyBytes: number = 512 * 1024
/**
 * Logs, witnesses and groups of a policy, of each kind (the specification asks for at least 32).
 */
export const maxPolicyItems: number = 64
