// The signed checkpoint of a log, as its file holds it.
import { type Checkpoint, parseCheckpoint as parseText } from '@stele/tlog/keys'
import { parseNote } from '@stele/tlog/notes'

/** What a checkpoint says, whoever signed it: that is for whoever knows the log's key. Throws `checkpoint_invalid`. */
export function parseCheckpoint(note: string): Checkpoint {
  return parseText(parseNote(note).text)
}
