// Policies: which logs and witnesses are known, and how many witnesses a checkpoint needs (C2SP tlog-policy, a draft).
import { SteleError } from '@stele/errors'
import type { NoteVerifier } from './key.ts'
import type { VerifiedSignature } from './note.ts'
import { type VerifiedCheckpoint, verifyCheckpoint } from './verified-checkpoint.ts'

/** A log of a policy. Its origin is `key.name`. */
export type PolicyLog = { readonly key: NoteVerifier; readonly url?: string }

/** A witness of a policy, under the policy's own name for it. */
export type PolicyWitness = {
  readonly name: string
  readonly key: NoteVerifier
  readonly url?: string
}

/**
 * A group of a policy: met when at least `threshold` of its members are. Members were defined
 * before it.
 */
export type PolicyGroup = {
  readonly name: string
  readonly threshold: number
  readonly members: readonly string[]
}

/** A policy. `quorum` names a witness or a group; null asks for no cosignature. */
export type Policy = {
  readonly logs: readonly PolicyLog[]
  readonly witnesses: readonly PolicyWitness[]
  readonly groups: readonly PolicyGroup[]
  readonly quorum: string | null
}

/** The keys of a policy: those of its logs, then of its witnesses. */
export function policyVerifiers(policy: Policy): NoteVerifier[] {
  return [...policy.logs, ...policy.witnesses].map(({ key }) => key)
}

/** Whether the witnesses that cosigned meet the policy's quorum. */
export function isQuorumMet(policy: Policy, verified: readonly VerifiedSignature[]): boolean {
  if (policy.quorum === null) return true
  const signed = new Set(verified.map(({ verifier }) => verifier.vkey))
  const met = new Set<string>()
  for (const { name, key } of policy.witnesses) if (signed.has(key.vkey)) met.add(name)
  // Members stand before their group, so one pass suffices.
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter((member) => met.has(member)).length >= threshold) met.add(name)
  }
  return met.has(policy.quorum)
}

/**
 * The checkpoint of a note of `origin` that satisfies the policy: signed by one of its logs, cosigned by its quorum.
 * `logKeys` are keys of the log that are known from elsewhere, for a policy that names no logs. Throws `note_invalid`,
 * `note_unverified`, `checkpoint_invalid`.
 */
export function verifyUnderPolicy(
  noteText: string,
  policy: Policy,
  { origin, logKeys = [] }: { readonly origin: string; readonly logKeys?: readonly NoteVerifier[] },
): VerifiedCheckpoint {
  const ownKeys = [...policy.logs.map(({ key }) => key), ...logKeys]
  const witnessKeys = policy.witnesses.map(({ key }) => key)
  const found = verifyCheckpoint(noteText, [...ownKeys, ...witnessKeys], origin)
  // A witness's ML-DSA key may bear the log's name: that is no signature of the log.
  const own = new Set(ownKeys.filter((key) => key.name === origin).map((key) => key.vkey))
  if (!found.verified.some(({ verifier }) => own.has(verifier.vkey))) {
    throw unverified(origin, 'no log of the policy has signed it')
  }
  if (!isQuorumMet(policy, found.verified)) {
    throw unverified(origin, `the quorum "${policy.quorum}" of the policy has not cosigned it`)
  }
  return found
}

function unverified(origin: string, reason: string): SteleError {
  return new SteleError('note_unverified', { origin, reason })
}
