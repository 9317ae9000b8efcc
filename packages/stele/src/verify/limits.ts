// The limits of a verification's threads, each with its unit and its reason.
import type { ResourceLimits } from 'node:worker_threads'

/**
 * A native stack that the script's own limit always reaches first; a young generation that stays small: what is read is
 * soon garbage, and V8 would let it grow to many times that.
 */
export const threadLimits: ResourceLimits = { stackSizeMb: 32, maxYoungGenerationSizeMb: 12 }

/** A kept file holds one signed note, of up to 256 KiB, as JSON. */
export const maxKeptFileBytes: number = 1024 * 1024

/** Threads of a verification: more would only wait for the one that applies the effects. */
export const maxThreads = 8

/**
 * How long a call may run by the clock, in seconds, where the user says nothing else. A script's own limits do not bound that:
 * native work, such as sorting or matching, takes no gas.
 */
export const defaultCallTimeoutS = 30
/** The longest that can be asked for, in seconds: a day. */
export const maxCallTimeoutS: number = 24 * 60 * 60
/** How often the calls are looked at, in milliseconds. */
export const overdueCheckMs = 500

/** The most that a log may allow of each limit of a call, as a multiple of the default: beyond it the replay is refused. */
export const maxLimitFactor = 64

/** Bytes of a file that `--since` names: the largest signed note. */
export const maxSinceFileBytes: number = 256 * 1024

/** Bytes of the wasm of an engine that no release ships: this release's has half a MiB, and compiling cannot be interrupted. */
export const maxForeignWasmBytes: number = 8 * 1024 * 1024
/** Bytes that such an engine may have for data and stack, below the heap that its log's limits bound. */
export const maxForeignLayoutBytes: number = 64 * 1024 * 1024
/** Functions in such an engine's table: this release's has 471. */
export const maxForeignTable = 65_536
