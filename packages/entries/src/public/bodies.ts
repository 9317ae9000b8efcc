// The public face of @stele/entries/bodies.
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
  type WithheldPart,
} from '../body.ts'
export {
  accountOfKey,
  callPayload,
  keyIdOf,
  keyOfAccount,
  rootPayload,
  verifyRootSignatures,
} from '../signing.ts'
export type { Via } from '../via.ts'
