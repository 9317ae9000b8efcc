// The limits of this package, each with its unit and its reason.

/** Bytes of a package.json that can be published: it is served to everyone, with each version. */
export const maxManifestBytes: number = 1024 * 1024

/** Characters of a readme that is kept; the rest is cut off, as the public registry does. */
export const maxReadmeLength: number = 64 * 1024

/** Characters of a description that is kept: it is shown on one line. */
export const maxDescriptionLength = 1024
