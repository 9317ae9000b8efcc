// The public face of stele/clone/cli: what commands that clone show and read, so that they do it as "stele clone" does.
import type { CloneOptions } from './clone/clone-service.ts'
import { userFolders } from './user-folders.ts'
import { createContradictionSaver } from './verify/contradiction-saver.ts'
import { cloning, createProgressLines } from './verify/progress-lines.ts'

export { formatClone } from './clone/clone-text.ts'
export { parseLogKey } from './sources/log-key.ts'

/** What "stele clone" shows on standard error while it works. */
export function showCloning(): ReturnType<typeof createProgressLines> {
  return createProgressLines(process.stderr, Date.now, cloning)
}

/** Keeps what contradicts a history that was seen where "stele verify" keeps it, and says where on standard error. */
export function keepEvidence(
  progress: Pick<ReturnType<typeof showCloning>, 'clear'>,
): NonNullable<CloneOptions['contradicted']> {
  return createContradictionSaver(userFolders(process.env), (line) => {
    progress.clear()
    process.stderr.write(`${line}\n`)
  })
}
