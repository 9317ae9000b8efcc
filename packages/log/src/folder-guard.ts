// Keeps a store from writing into a folder that is not its own, or that has seen more than the store holds.
import { logFolder as root } from '@stele/entries/paths'
import { reasonOf, SteleError } from '@stele/errors'
import { type Checkpoint, parseCheckpoint } from '@stele/tlog/keys'
import { parseNote } from '@stele/tlog/notes'
import type { StoredHead } from './ports.ts'
import { historyFault, publishedCheckpoint } from './published.ts'
import type { PublisherPorts, Watermark } from './publisher-ports.ts'

/** What others have seen stays: a store that lacks it, or has something else in its place, publishes nothing. */
export function refuseRollback(ports: PublisherPorts, head: StoredHead): void {
  const checkpoint = folderCheckpoint(ports)
  if (checkpoint === undefined) return
  const { origin } = checkpoint
  if (origin !== parseOrigin(head)) {
    throw refusal(head, `its public folder is the one of "${origin}"`)
  }
  const fault = historyFault(checkpoint, head.size, ports.files.hashes)
  if (fault !== undefined) throw refusal(head, fault)
}

export function folderCheckpoint({ published }: PublisherPorts): Checkpoint | undefined {
  const note = publishedCheckpoint(published)
  if (note === undefined) return undefined
  try {
    return parseCheckpoint(parseNote(note).text)
  } catch (cause) {
    const reason = `${reasonOf(cause)}. Either the file is damaged, or the folder is another log's; where it is this log's, delete the file: it is written anew`
    throw new SteleError('data_invalid', { path: `public/${root}checkpoint`, reason }, { cause })
  }
}

export function refusal(head: StoredHead | undefined, reason: string): SteleError {
  return new SteleError('log_inconsistent', { origin: head ? parseOrigin(head) : '', reason })
}

export function parseOrigin(head: StoredHead): string {
  return parseCheckpoint(parseNote(head.checkpoint).text).origin
}

/** A folder that was emptied, or put back from an older copy, is filled again from there on. */
export function whereFolderIs(ports: PublisherPorts, watermark: Watermark): Watermark {
  const size = folderCheckpoint(ports)?.size ?? 0
  return size < watermark.size ? { size, blobNumber: 0 } : watermark
}
