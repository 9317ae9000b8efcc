// Where a log is read from: a server or a folder.
import type { VerifyPorts } from '@stele/audit'
import { createFetch } from './fetch.ts'
import { createFolderFetch } from './folder-fetch.ts'
import type { Source } from './source.ts'

/** Reads of a log. */
export function openSource(source: Source, authorization?: string): VerifyPorts['fetch'] {
  return source.kind === 'http'
    ? createFetch({ root: source.root, authorization })
    : createFolderFetch(source.path)
}
