// Where a verification reads from: a server or a folder, and for a script's service its files from somewhere else.
import type { VerifyPorts } from '@stele/audit'
import { filesRoot } from '../vm/file-paths.ts'
import { createFilesFetch } from '../vm/files-folder.ts'
import { createFetch } from './fetch.ts'
import { createFolderFetch } from './folder-fetch.ts'
import type { Source } from './messages.ts'

/** Reads of a log. */
export function openSource(source: Source, authorization?: string): VerifyPorts['fetch'] {
  return source.kind === 'http'
    ? createFetch({ root: source.root, authorization })
    : createFolderFetch(source.path)
}

/** Reads of a log, and of the files of its service: of a folder, the plain files that it holds. */
export function withFiles(fetchLog: VerifyPorts['fetch'], files: Source): VerifyPorts['fetch'] {
  const fetchFile =
    files.kind === 'http' ? createFetch({ root: files.root }) : createFilesFetch(files.path)
  return (path, maxBytes, accept) =>
    path.startsWith(filesRoot) || path === '/'
      ? fetchFile(path, maxBytes, accept)
      : fetchLog(path, maxBytes, accept)
}
