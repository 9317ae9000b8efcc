// The public face of @stele/state.
export {
  type BundleClaim,
  type BundleParts,
  checkBlob,
  formatBundle,
  type OpenBundle,
  openBundle,
  type ProvenLeaf,
  type ProvenValue,
} from './bundle.ts'
export { clockName, formatHead, type HeadParts, type VerifiedHead, verifyHead } from './head.ts'
export { openPartialTree, type PartialTree } from './partial-tree.ts'
export type { AskedLeaf, StateProof } from './prove.ts'
export { parseQueries, type StateQuery } from './query.ts'
export { Trie, type TrieWrite } from './trie.ts'
