// Limits of reading a service, each with its unit and its reason.

/**
 * Bytes of what is read of a service at once: a blob, a file, of which a call writes at most 16 MiB, or a folder's listing, half a
 * million names of a hundred bytes.
 */
export const maxFileBytes: number = 64 * 1024 * 1024
