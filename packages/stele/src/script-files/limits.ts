// Limits of what is told of a script's files, each with its unit and its reason.

/** Bytes that a difference is shown by: a line of a report has room for as many. */
export const shownBytes = 40
