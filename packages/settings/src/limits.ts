// The limits of this package, each with its unit and its reason.

/** Members of one list: more belong into a database. */
export const maxListMembers = 1_000

/** Characters of one text: the longest address with room to spare. */
export const maxTextLength = 4_096

/** Typing errors in a name before nothing is suggested: a third of a short name. */
export const maxNearDistance = 3
