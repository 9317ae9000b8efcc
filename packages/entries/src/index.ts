// The public face of @stele/entries.
export {
  type Body,
  type CallBody,
  type ConfigBody,
  configMembers,
  formatBody,
  type GenesisBody,
  parseBody,
  parseLimits,
  type RootSignature,
  type Roots,
  rootsAccount,
  type TakedownBody,
  type Via,
  type WithheldPart,
} from './body.ts'
export type { CallAnswer, CallBlob, CallRequest, SubmitCall } from './call-request.ts'
export {
  compareWrites,
  type Effects,
  type EffectWrite,
  effectWrite,
  formatEffects,
  hashValue,
  parseEffects,
} from './effects.ts'
export {
  CallWaits,
  type Executor,
  type OracleAnswer,
  type Outcome,
  type ScriptCall,
  type ScriptError,
  type ScriptMemory,
  type StateReader,
  type Write,
} from './execution.ts'
export {
  type EntryKind,
  entryKinds,
  formatLeaf,
  hashBody,
  hashEffects,
  type Leaf,
  leafSizeBytes,
  parseLeaf,
} from './leaf.ts'
export {
  maxBodyBytes,
  maxEffectsBytes,
  maxInlineValueBytes,
  maxNotAfterMs,
  maxRecordBytes,
  saltBytes,
} from './limits.ts'
export {
  type BundleKind,
  blobPath,
  bundleKinds,
  bundlePath,
  logFolder,
  logRoot,
  parseBlobPath,
  withholdableKinds,
} from './log-paths.ts'
export { type LoggedEntry, readLogged } from './logged-entry.ts'
export { type Members, membersOf } from './members.ts'
export { type KeptEntry, type Part, readBodyPart, readPart, splitPart } from './parts.ts'
export { bundleWidth, formatRecordBundle, parseRecordBundle } from './record-bundle.ts'
export { seedOf } from './seed.ts'
export { Sequences } from './sequences.ts'
export {
  changesScript,
  noScript,
  type ScriptSettings,
  scriptSettingNames,
  settingsInForce,
} from './settings-in-force.ts'
export { callPayload, keyIdOf, rootPayload, verifyRootSignatures } from './signing.ts'
export {
  applyBody,
  keysObject,
  logObject,
  readLogRow,
  rootsIn,
  type Transition,
} from './transition.ts'
export { type EntryValue, formatValues, parseValues, valueOf } from './values.ts'
