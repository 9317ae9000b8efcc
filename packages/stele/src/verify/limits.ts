// The limits of a verification's threads, each with its unit and its reason.
import type { ResourceLimits } from 'node:worker_threads'

/**
 * A native stack that the script's own limit always reaches first; a young generation that stays small: what is read lives
 * shortly, and V8 would let it grow to many times that.
 */
export const threadLimits: ResourceLimits = { stackSizeMb: 32, maxYoungGenerationSizeMb: 12 }

/** Threads of a verification: more would wait for the one that carries effects. */
export const maxThreads = 8

/** How many times the default of each limit of a call a log may allow, before its replay is refused: minutes a call. */
export const maxLimitFactor = 64
