// What a face asks of a service, and what it hears back: plain data, so that it crosses threads.
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import type { ScriptError } from './execution.ts'

/** Bytes that a call refers to by their name, the hex SHA-512: to be kept with the call, or in the blob store already. */
export type CallBlob =
  | { readonly name: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly storedBytes: number }

/** What a caller asks, whoever that is. Blobs become durable with the call, or before it. */
type CallParts = {
  readonly method: string
  readonly args: readonly JsonValue[]
  readonly blobs?: readonly CallBlob[]
  /** Handed to the views with the entry, so that they need not take the blobs apart again. */
  readonly prepared?: unknown
}

/** What the owner of a key says of a call, and signed with it (spec/state.md "Call body"). */
export type SignedBy = {
  readonly seq: number
  readonly notAfter: number
  /** Hex SHA-256 of the raw public key. */
  readonly key: string
  /** Base64 of 64 bytes. */
  readonly signature: string
}

/** How the server knows a caller for whom it vouches. */
export type VouchedVia = 'token' | 'host' | 'debug'

/** Who calls: somebody for whom the server vouches, or whose key has signed the call. */
export type CallSender =
  | { readonly account: string | null; readonly via: VouchedVia }
  | { readonly account: string; readonly via: 'key'; readonly signed: SignedBy }

/** A call to be made. */
export type CallRequest = CallParts & CallSender

/** What became of a call. `index` is its entry in the log, `timeMs` that entry's time. */
export type CallAnswer = {
  readonly index: number
  readonly timeMs: number
  readonly outcome:
    | { readonly ok: true; readonly result?: JsonValue }
    | { readonly ok: false; readonly error: ScriptError }
}

/** Answers after the durable commit, with the views of what was written applied. Throws what was refused or aborted. */
export type SubmitCall = (request: CallRequest) => Promise<CallAnswer>

/** Submits a call that the script is to take. Throws rule_refused where it does not, and what submitting throws. */
export async function submitTaken(submit: SubmitCall, request: CallRequest): Promise<void> {
  const { outcome } = await submit(request)
  if (outcome.ok) return
  const { name, message } = outcome.error
  throw new SteleError('rule_refused', { method: request.method, name, message })
}
