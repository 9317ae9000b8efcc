// The public face of @stele/state.
export { clockName, formatHead, type HeadParts, type VerifiedHead, verifyHead } from './head.ts'
export { type AskedLeaf, type StateProof } from './prove.ts'
export { parseQueries, type StateQuery } from './query.ts'
export { Trie, type TrieWrite } from './trie.ts'
