// Limits of copies between peers, each with its unit and its reason.

/** Bytes of a block of a drive: hyperdrive cuts files into such, and nobody needs larger ones. */
export const maxBlockBytes: number = 64 * 1024
/** Blocks of one file that are asked for at once: a megabyte on its way. */
export const maxBlocksAtOnce = 16
/** Bytes of a block of a drive's index: a key, a value and some hundred numbers. */
export const maxIndexBlockBytes: number = 64 * 1024
/** Steps from the root of an index to a file: the index of a million files has ten levels. */
export const maxLookupSteps = 64

/** How long looking for the first peer may take, in milliseconds: the network needs some seconds for it. */
export const maxSearchMs = 30_000
/** How long peers may send nothing while something is asked of them, in milliseconds. */
export const maxSilenceMs = 20_000
/** Tries of one block while others come: each as long as a silence may be. */
export const maxBlockTries = 15

/** How often it is looked whether the shared folder has changed, in milliseconds. */
export const followMs = 1_000
/** How often all of it is compared, in milliseconds: for what went without a new checkpoint. */
export const compareMs = 60_000
/** How often a shared service is asked for what is new, in milliseconds. */
export const askMs = 5_000
/** Parts of the time that a share may work: after a look that took long it waits this many times as long. */
export const restTimes = 9
/** How long the network may take to hear of an address, in milliseconds, before the caller goes on without waiting. */
export const maxAnnounceMs = 15_000
/** Bytes of a checkpoint, a head or the keys. */
export const maxNoteBytes: number = 1024 * 1024
