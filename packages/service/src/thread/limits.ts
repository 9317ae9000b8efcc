// Limits of a thread and its clients, each with its reason.

/** The longest interval between two checks for a call that hangs, in milliseconds. */
export const maxHangCheckMs = 250
/** A native stack that QuickJS's own limit always reaches first. */
export const stackSizeMb = 32
/** V8's default lets 48 MB of new objects pile up before it collects them; a call makes too few to need that much. */
export const maxYoungGenerationSizeMb = 6
/** For how long a service may leave a ping unanswered, in milliseconds: whoever asks for its health gives up after a few seconds. */
export const maxPingMs = 2_000
/** For how long it may leave a call unanswered, in milliseconds: no client waits longer, and a queue never takes as long. */
export const maxUnansweredMs = 30_000
/** Proofs made at once for one service: anybody may ask, and each takes turns from the thread that commits. */
export const maxProofs = 2

/** When to start anew. Times in milliseconds. */
export type RestartLimits = {
  /** Ends within the window that suspend the service: something is wrong that a restart does not mend. */
  readonly maxEnds: number
  readonly windowMs: number
  /** How long the first restart of a thread that ended by itself waits; each further one waits twice as long. */
  readonly firstDelayMs: number
  /** How long a suspension lasts. */
  readonly suspensionMs: number
}

const tenMinutesMs: number = 10 * 60 * 1000
/** Ends of a thread within ten minutes that suspend it: something is wrong that a restart does not mend. Then it rests for as long. */
export const usualRestarts: RestartLimits = {
  maxEnds: 5,
  windowMs: tenMinutesMs,
  firstDelayMs: 250,
  suspensionMs: tenMinutesMs,
}
