// The public face of stele/clone: copies of a service, from a program that brings its own way of reading, such as stele-p2p.
import type { CloneOptions } from './clone/clone-service.ts'
import { openSource } from './sources/open-source.ts'
import { parseLogSource } from './sources/service-source.ts'
import type { Source } from './sources/source.ts'

export { isSteleError, SteleError } from '@stele/errors'
export { requireCloneFolder } from './clone/clone-folder.ts'
export { type CloneOptions, type CloneReport, cloneService } from './clone/clone-service.ts'
export { parseCheckpoint } from './sources/checkpoint.ts'

/** Where a log is, and how its files are read. */
export type LogSource = Source & { readonly fetch: CloneOptions['fetch'] }

/** A log's address, or a folder that holds one, also a service's own. Throws `usage_wrong`. */
export function openLog(text: string): LogSource {
  const source = parseLogSource(text)
  return { ...source, fetch: openSource(source) }
}
