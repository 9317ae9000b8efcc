// The public face of stele/clone: copies of a service, from a program that brings its own way of reading, such as stele-p2p.
import type { Source } from './verify/messages.ts'
import { openSource } from './verify/open-source.ts'
import { cloning, createProgressLines } from './verify/progress-lines.ts'
import type { CloneOptions } from './vm/clone.ts'
import { parseLogSource } from './vm/source.ts'

export { isSteleError, SteleError } from '@stele/errors'
export { type CloneOptions, type CloneReport, cloneService, refuseOther } from './vm/clone.ts'
export { formatClone } from './vm/clone-text.ts'
export { parseLogKey } from './vm/log-key.ts'

/** Where a log is, and how its files are read. */
export type LogSource = Source & { readonly fetch: CloneOptions['fetch'] }

/** A log's address, or a folder that holds one, also a service's own. Throws `usage_wrong`. */
export function openLog(text: string): LogSource {
  const source = parseLogSource(text, 'clone')
  return { ...source, fetch: openSource(source) }
}

/** What "stele clone" shows on standard error while it works. */
export function showCloning(): ReturnType<typeof createProgressLines> {
  return createProgressLines(process.stderr, Date.now, cloning)
}
