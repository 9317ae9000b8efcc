// The public face of stele/clone/cli: what commands that clone show and read, so that they do it as "stele clone" does.
import { cloning, createProgressLines } from './verify/progress-lines.ts'

export { formatClone } from './clone/clone-text.ts'
export { parseLogKey } from './sources/log-key.ts'

/** What "stele clone" shows on standard error while it works. */
export function showCloning(): ReturnType<typeof createProgressLines> {
  return createProgressLines(process.stderr, Date.now, cloning)
}
