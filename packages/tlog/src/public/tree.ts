// The public face of @stele/tlog/tree.
export { Frontier, type StoredHash } from '../frontier.ts'
export { emptyRoot, type Hash, hashLeaf, hashNode, isSameHash, sha256 } from '../hash.ts'
export { createHashReader, createTileReader, planTiles, type RowReader } from '../hash-reader.ts'
export { type HashReader, proveConsistency, proveInclusion, treeRoot } from '../tree.ts'
