// The port through which a script is run: what goes in, what comes out. The host implements it.
import type { JsonValue } from '@stele/formats'

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

/** What a script is asked to do. `args` is a canonical JSON array; `seed` has 32 bytes and feeds `Math.random`. */
export type ScriptCall = {
  readonly method: string
  readonly args: string
  readonly account: string | null
  readonly timeMs: number
  readonly seed: Uint8Array
}

/** What a call did. `writes` are net, sorted by the bytes of object, then field, each once; a failed call has none. */
export type Outcome =
  | {
      readonly ok: true
      readonly result?: JsonValue
      readonly changes: number
      readonly writes: readonly Write[]
    }
  | { readonly ok: false; readonly error: ScriptError }

/** The memory of a script that keeps one between calls (spec/state.md "Memory"). */
export type ScriptMemory = {
  /** SHA-256 of it, in hex: what a `memory` entry holds. */
  readonly digest: () => string
  readonly snapshot: () => Uint8Array
  /** Goes on from a snapshot. Throws `snapshot_invalid`. */
  readonly restore: (snapshot: Uint8Array) => void
}

/** Runs one script, one call at a time. Throws `call_aborted` for what must not be logged. */
export type Executor = {
  /** Runs `init`, where the script exports one; else an outcome without writes. */
  readonly init: (call: ScriptCall, state: StateReader) => Outcome
  readonly call: (call: ScriptCall, state: StateReader) => Outcome
  /** Absent for a script that keeps nothing between calls. */
  readonly memory?: ScriptMemory
}
