// Errors of notes, checkpoints, tiles and proofs.
import type { Catalogue } from './entry.ts'

export type ProofDetails = {
  note_invalid: { readonly reason: string }
  note_unverified: { readonly origin: string; readonly reason: string }
  vkey_invalid: { readonly vkey: string; readonly reason: string }
  checkpoint_invalid: { readonly reason: string }
  tile_path_invalid: { readonly path: string }
  proof_invalid: { readonly what: string; readonly reason: string }
  proofs_busy: { readonly running: number; readonly retryAfterS: number }
  proof_not_covered: { readonly object: string; readonly field: string }
  policy_invalid: { readonly line: number; readonly reason: string }
  witness_request_invalid: { readonly reason: string }
}

export const proofErrors: Catalogue<ProofDetails> = {
  note_invalid: { status: 400, message: (d) => `Cannot read the signed note: ${d.reason}` },
  note_unverified: {
    status: 403,
    message: (d) => `Cannot trust the note of "${d.origin}": ${d.reason}`,
  },
  vkey_invalid: {
    status: 400,
    message: (d) => `Cannot use the key "${d.vkey}": ${d.reason}`,
    fix: () => 'Copy the whole line that the log or the witness publishes as its key',
  },
  checkpoint_invalid: { status: 400, message: (d) => `Cannot read the checkpoint: ${d.reason}` },
  tile_path_invalid: {
    status: 404,
    message: (d) => `Cannot find "${d.path}": no tile is named so`,
  },
  proof_invalid: {
    status: 403,
    message: (d) => `Cannot accept the ${d.what}: ${d.reason}`,
    fix: () => 'Keep the proof and both checkpoints: they are evidence. Ask the operator',
  },
  proofs_busy: {
    status: 429,
    message: (d) => `Cannot make the proof now: ${d.running} others are being made`,
    fix: (d) => `Try again in ${d.retryAfterS} seconds`,
  },
  proof_not_covered: {
    status: 403,
    message: (d) => `Cannot answer for "${d.object}" "${d.field}": the proof does not cover it`,
    fix: () => 'Ask for a proof with this query',
  },
  policy_invalid: {
    status: 400,
    // Line 0: what the text as a whole lacks.
    message: (d) => `Cannot read the policy: ${d.line === 0 ? 'it' : `line ${d.line}`} ${d.reason}`,
  },
  witness_request_invalid: {
    status: 400,
    message: (d) => `Cannot read the add-checkpoint request: ${d.reason}`,
  },
}
