// The public face of @stele/entries/leaf.
export {
  type EntryKind,
  entryKinds,
  formatLeaf,
  hashBody,
  hashEffects,
  type Leaf,
  leafSizeBytes,
  parseLeaf,
} from '../leaf.ts'
export {
  entriesPerStep,
  maxBodyBytes,
  maxEffectsBytes,
  maxInlineValueBytes,
  maxNotAfterMs,
  maxRecordBytes,
  saltBytes,
} from '../limits.ts'
export { seedOf } from '../seed.ts'
export { Sequences } from '../sequences.ts'
