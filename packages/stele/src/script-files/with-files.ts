// A script's service read as one, its files perhaps from somewhere else than its log.
import type { VerifyPorts } from '@stele/audit'
import { filesRoot } from '@stele/entries/paths'
import { openSource } from '../sources/open-source.ts'
import type { Source } from '../sources/source.ts'
import { createFilesFetch } from './files-folder.ts'

/** Reads of a log, and of the files of its service: of a folder, the plain files that it holds. */
export function withFiles(fetchLog: VerifyPorts['fetch'], files: Source): VerifyPorts['fetch'] {
  const fetchFile = files.kind === 'http' ? openSource(files) : createFilesFetch(files.path)
  return (path, maxBytes, accept) =>
    path.startsWith(filesRoot) || path === '/'
      ? fetchFile(path, maxBytes, accept)
      : fetchLog(path, maxBytes, accept)
}
