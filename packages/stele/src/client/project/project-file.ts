// Files of a project, which a stranger may have written.
import { readRegular } from '@stele/install/files'
import { maxProjectFileBytes } from '../limits.ts'

/** The text of a file of a project. Throws an Error where there is none, or no regular file of a size that a person writes. */
export function readProjectFile(path: string): string {
  return readRegular(path, maxProjectFileBytes).toString('utf8')
}
