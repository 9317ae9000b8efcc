// What crosses between the server's thread and the engine's: plain data, errors as code and details.
import type { CallAnswer, CallRequest, WithheldPart } from '@stele/entries'
import { type DetailsOf, type ErrorCode, isSteleError, SteleError } from '@stele/errors'
import type { LogEvent } from '@stele/log'
import type { Lagging } from '@stele/replica'
import type { StateQuery } from '@stele/state'
import type { DataPaths } from '@stele/storage'

/** What an engine is started with. Seeds are the 32 bytes of Ed25519 keys. */
export type EngineData = {
  readonly paths: DataPaths
  readonly origin: string
  readonly operator: string
  readonly seeds: {
    readonly log: Uint8Array
    readonly clock: Uint8Array
    /** Absent where the operator keeps it elsewhere: then nothing is taken down. */
    readonly root: Uint8Array | undefined
  }
  readonly publicFolder: boolean
  /** One 64-bit word: when the running call began, in milliseconds since 1970, or 0 between calls. */
  readonly pulse: SharedArrayBuffer
}

/** What is asked of an engine. */
export type EngineAsk =
  | { readonly do: 'submit'; readonly request: CallRequest }
  | { readonly do: 'prove'; readonly queries: readonly StateQuery[] }
  | {
      readonly do: 'take_down'
      readonly withhold: readonly WithheldPart[]
      readonly reason: string
    }
  | { readonly do: 'close' }
/** What each ask is answered with. */
export type EngineAnswers = {
  readonly submit: CallAnswer
  readonly prove: Uint8Array
  readonly take_down: { readonly index: number }
  readonly close: null
}

/** An error, as it crosses. */
export type ErrorText =
  | { readonly code: ErrorCode; readonly details: DetailsOf[ErrorCode] }
  | { readonly bug: string }

/** What an engine says. */
export type EngineNews =
  | { readonly say: 'ready'; readonly readOnly: string | undefined }
  | { readonly say: 'answer'; readonly id: number; readonly value: EngineAnswers[EngineAsk['do']] }
  | { readonly say: 'refusal'; readonly id: number; readonly error: ErrorText }
  | { readonly say: 'event'; readonly event: EngineEvent }

/** What an operator may want to know of an engine. */
export type EngineEvent =
  | LogEvent
  | { readonly event: 'script_print'; readonly line: string }
  | { readonly event: 'publish_failed'; readonly reason: string }
  | ({ readonly event: 'projection_behind' } & Lagging)

/** The error as plain data. */
export function errorToText(error: unknown): ErrorText {
  if (isSteleError(error)) return { code: error.code, details: error.details }
  return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

/** The error again. */
export function errorFromText(text: ErrorText): Error {
  if ('bug' in text) return new Error(text.bug)
  return new SteleError(text.code, text.details)
}
