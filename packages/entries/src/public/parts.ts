// The public face of @stele/entries/parts.
export {
  compareWrites,
  type Effects,
  type EffectWrite,
  effectWrite,
  formatEffects,
  hashValue,
  parseEffects,
} from '../effects.ts'
export { entriesIn } from '../entry-steps.ts'
export { type KeptEntry, type Part, readBodyPart, readPart, splitPart } from '../parts.ts'
export { bundleWidth, formatRecordBundle, parseRecordBundle } from '../record-bundle.ts'
export { type EntryValue, formatValues, parseValues, valueOf } from '../values.ts'
