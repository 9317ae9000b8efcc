// The version of this release; a test compares it with package.json.

/** Semantic version. */
export const version = '0.1.0'
