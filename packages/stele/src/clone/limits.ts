// Limits of clones, each with its unit and its reason.

/** Paths of files that a report names: more than people read. */
export const maxPathsTold = 100
