// The port through which a script is run: what goes in, what comes out. The host implements it.
import type { JsonValue } from '@stele/formats/json'
import type { Via } from './via.ts'

/** The state as a script's call finds it. `list` gives an object's fields, sorted by UTF-8 bytes. */
export type StateReader = {
  readonly get: (object: string, field: string) => Uint8Array | undefined
  readonly list: (object: string) => readonly string[]
}

/** One changed field; `null` removes it. */
export type Write = {
  readonly object: string
  readonly field: string
  readonly value: Uint8Array | null
}

/** An error as it crosses out of a script: no stack. */
export type ScriptError = { readonly name: string; readonly message: string }

/** An oracle's answer, as a call's body records it (spec/state.md "Oracles"). */
export type OracleAnswer = { readonly value: JsonValue } | { readonly error: ScriptError }

/** What a script is asked to do. `args` is a canonical JSON array; `seed` has 32 bytes and feeds `Math.random`. */
export type ScriptCall = {
  readonly method: string
  readonly args: string
  readonly account: string | null
  readonly via: Via['type']
  readonly timeMs: number
  readonly seed: Uint8Array
  /** The recorded answers of a call that is replayed: oracles are not asked. Absent where the call runs for the first time. */
  readonly oracles?: readonly OracleAnswer[]
  /** What an oracle asks of the world outside; undefined is an answer that is not here yet: the call throws CallWaits. */
  readonly outside?: (request: JsonValue) => OracleAnswer | undefined
  /** Blobs that this call finds, by their hex SHA-512, before those that its executor was given. */
  readonly blobs?: (sha512: string) => Uint8Array | undefined
}

/**
 * Thrown by a call that needs an answer from outside of the service, which nobody can wait for while it runs. Nothing of
 * the call has happened: get the answer to `request`, and run the call again with an `outside` that has it.
 */
export class CallWaits extends Error {
  readonly request: JsonValue

  constructor(request: JsonValue) {
    super('The call waits for an answer from outside')
    this.request = request
  }
}

/**
 * What a call did. `writes` are net, sorted by the bytes of object, then field, each once; a failed call has none.
 * `oracles` are the answers that it was given, where there are any.
 */
export type Outcome = { readonly oracles?: readonly OracleAnswer[] } & (
  | {
      readonly ok: true
      readonly result?: JsonValue
      readonly changes: number
      readonly writes: readonly Write[]
    }
  | { readonly ok: false; readonly error: ScriptError }
)

/** What a script offers to callers: its methods, and whether they may be anonymous where calls have to be signed. */
export type ScriptOffers = { readonly methods: readonly string[]; readonly anonymous: boolean }

/** The memory of a script that keeps one between calls (spec/state.md "Memory"). */
export type ScriptMemory = {
  /** SHA-256 of it, in hex: what a `memory` entry holds. */
  readonly digest: () => string
  readonly snapshot: () => Uint8Array
  /** Goes on from a snapshot. Throws `snapshot_invalid`. */
  readonly restore: (snapshot: Uint8Array) => void
}

/**
 * Runs one script, one call at a time. Throws `call_aborted` for what must not be logged, `entry_invalid` where a replayed
 * call's recorded answers are not those that it asks for, and CallWaits.
 */
export type Executor = {
  /** Runs `init`, where the script exports one; else an outcome without writes. */
  readonly init: (call: ScriptCall, state: StateReader) => Outcome
  readonly call: (call: ScriptCall, state: StateReader) => Outcome
  /** The names of what may be called, in the order of their export; absent where nobody knows. */
  readonly methods?: () => readonly string[]
  /** Whether the script says that callers may be anonymous also where calls have to be signed; absent where nobody knows. */
  readonly anonymous?: () => boolean
  /** Absent for a script that keeps nothing between calls. */
  readonly memory?: ScriptMemory
}
