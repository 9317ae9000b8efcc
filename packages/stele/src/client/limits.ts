// Every limit of the client, with its unit and reason.

/** Milliseconds that one command of Git may take: a large history over a slow line takes minutes. */
export const gitTimeoutMs: number = 5 * 60 * 1000
/** Bytes that Git may write for one package: what a tarball may hold. */
export const maxGitBytes: number = 2 ** 30
