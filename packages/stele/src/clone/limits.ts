// Limits of clones, each with its unit and its reason.

/** Paths of files that a report names: more than people read. */
export const maxPathsTold = 100

/** Bytes of a checkpoint: as an auditor allows. */
export const maxNoteBytes: number = 256 * 1024
