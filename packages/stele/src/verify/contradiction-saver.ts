// Evidence against a log that was followed without being verified: kept where "stele verify" keeps it.
import type { Contradiction } from '../clone/contradiction.ts'
import { type KeptFolders, saveFork } from './kept-store.ts'

/** Saves it below these folders, and says where. */
export function createContradictionSaver(
  folders: KeptFolders,
  say: (line: string) => void,
): (found: Contradiction) => void {
  return (found) => {
    try {
      say(`Saved as evidence: ${saveFork(folders, found)}`)
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error
      say(`The evidence could not be saved: ${error.message}`)
      say(found.found)
    }
  }
}
