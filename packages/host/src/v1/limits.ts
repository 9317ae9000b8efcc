// What a call may use. All of it is counted, never timed, so that every machine stops at the same point.
// The genesis entry's `limits` may set any of them; the defaults are part of host version 1.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats/json'

/** The limits of a call, by the name that a `trap` error carries. */
export type Limits = {
  /** Interrupt ticks: one per 10,000 loop turns or calls inside the VM. */
  readonly gas: number
  /** Bytes of the heap, with all that its allocator needs. */
  readonly memory: number
  /** Bytes of QuickJS's stack. More than 256 KiB needs a thread with a larger native stack. */
  readonly stack: number
  /** Promise jobs that one call runs. */
  readonly jobs: number
  /** Virtual timers that one call fires. */
  readonly timers: number
  /** Calls from the script into the host: they cost no gas. */
  readonly hostCalls: number
  /** Bytes that one call moves between VM and host: reads, hashes, conversions. */
  readonly transferBytes: number
  /** File operations of one call that change something. */
  readonly writes: number
  /** Bytes that one call writes into files. */
  readonly writeBytes: number
  /** UTF-8 bytes of a call's arguments as JSON. */
  readonly argumentBytes: number
  /** UTF-8 bytes of a call's result as JSON. */
  readonly resultBytes: number
}

/** The limits where the genesis entry sets none. */
export const defaultLimits: Limits = {
  gas: 5_000, // A second or two, as ordinary code goes.
  memory: 32 * 1024 * 1024,
  stack: 256 * 1024, // 1,484 frames; measured to overflow before the native stack of 32 MB does.
  jobs: 100_000,
  timers: 10_000,
  hostCalls: 100_000,
  transferBytes: 64 * 1024 * 1024,
  writes: 10_000, // What the effects of one entry can hold.
  writeBytes: 16 * 1024 * 1024, // A quarter of what the values of one entry may take.
  argumentBytes: 1024 * 1024, // What the body of one entry can hold.
  resultBytes: 1024 * 1024,
}

/**
 * Bounds of the limits themselves: what the wasm starts with, what a stack and an address space can keep, and what an
 * entry can hold of values (a record of 64 MiB) and of a result (effects of 4 MiB).
 */
const bounds: Readonly<Partial<Record<keyof Limits, readonly [least: number, most: number]>>> = {
  memory: [16 * 1024 * 1024, 512 * 1024 * 1024],
  stack: [32 * 1024, 2 * 1024 * 1024],
  writeBytes: [1, 32 * 1024 * 1024],
  resultBytes: [1, 1024 * 1024],
}

/**
 * The limits that a genesis entry's `limits` object names, the rest being the defaults.
 * Throws limits_invalid: an unknown name (an engine must not ignore what it cannot count), or not a whole number in bounds.
 */
export function parseLimits(value: JsonValue): Limits {
  if (!isJsonObject(value)) throw invalid('they are not an object')
  for (const [name, limit] of Object.entries(value)) {
    if (!isLimitName(name)) throw invalid(`"${name}" is not known to this engine`)
    const [least, most] = bounds[name] ?? [1, Number.MAX_SAFE_INTEGER]
    const whole = typeof limit === 'number' && Number.isSafeInteger(limit)
    if (!whole || limit < least || limit > most) {
      throw invalid(`"${name}" is not a whole number from ${least} to ${most}`)
    }
  }
  return { ...defaultLimits, ...value }
}

/**
 * Bytes of the effects of one entry, as JSON: a call that would make more is trapped. Part of host version 1, like the
 * defaults above; what a log takes (`maxEffectsBytes` of entries) is never less.
 */
export const maxEffectsBytes: number = 4 * 1024 * 1024

/**
 * Bytes of a call's arguments and of what its oracles answer, as JSON, while it is made: the rest of a body of 1 MiB is for
 * what stands around them. Not a limit of the engine: a replay takes what is recorded.
 */
export const maxAnswersBytes: number = 1024 * 1024 - 32 * 1024
/** Of them, for the errors of oracles whose answers are too long. */
export const errorsBytes: number = 32 * 1024
/** Oracles that a call may ask: as many answers as a body may hold. */
export const maxAnswers = 10_000

/** Lines that one call may print; more are dropped. Not a limit of the engine: printing decides nothing. */
export const maxPrintedLines = 1000

function isLimitName(name: string): name is keyof Limits {
  return Object.hasOwn(defaultLimits, name)
}

function invalid(reason: string): SteleError {
  return new SteleError('limits_invalid', { reason })
}
