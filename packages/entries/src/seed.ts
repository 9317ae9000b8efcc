// The seed of a call's Math.random (spec/state.md "Replay").
import { canonicalJson } from '@stele/formats/json'
import type { Body } from './body.ts'
import { entryKinds, hashBody } from './leaf.ts'

/**
 * 32 bytes: the hash of the salt and the body, without what is not known yet when the call runs (`oracles`) and what its
 * sender could still choose without saying anything else (`via.signature`). For most bodies that is `bodyHash`.
 */
export function seedOf({ kind, body }: Body, salt: Uint8Array, bodyHash: Uint8Array): Uint8Array {
  if (kind !== entryKinds.call) return bodyHash
  const { oracles, via, ...rest } = body
  if (oracles === undefined && via.type !== 'key') return bodyHash
  const { signature: _signature, ...unsigned } = { signature: '', ...via }
  return hashBody(salt, Buffer.from(canonicalJson({ ...rest, via: unsigned })))
}
