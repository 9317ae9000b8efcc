// What the publisher takes from outside: the folder that it writes, the store that it reads.
import type { FilePorts } from './log-files.ts'
import type { StoredHead } from './ports.ts'
import type { PublishedFiles } from './published.ts'

/** The folder that any web server can serve. Paths are relative, with `/`. Bytes that are written are not the writer's any more. */
export type PublicFolder = {
  /** Puts a file there at once or not at all, its bytes before its name; there and durable after the next `sync`, which throws where it could not be. */
  readonly write: (path: string, bytes: Uint8Array) => Promise<void>
  /** As `write`, with the bytes of a file of this machine: large ones need not be in memory. Absent where there are no files. */
  readonly copy?: (path: string, file: string) => Promise<void>
  /** As `write`, and durable when it is done. */
  readonly writeDurably: (path: string, bytes: Uint8Array) => Promise<void>
  /** Removes a file or a folder, if it is there; durable after the next `sync`. */
  readonly remove: (path: string) => Promise<void>
  /** Makes durable what was written and removed. */
  readonly sync: () => Promise<void>
  /** How many changes wait for that. */
  readonly unsynced: () => number
}
/** How far the folder is: the tree's size and the blobs' number. */
export type Watermark = { readonly size: number; readonly blobNumber: number }

/** What the publisher reads, and where it notes how far it came. */
export type PublisherPorts = {
  readonly folder: PublicFolder
  readonly files: FilePorts
  readonly head: () => StoredHead | undefined
  /** What lies in the folder. */
  readonly published: PublishedFiles
  /** The text of `/-/log/key`. */
  readonly keys: string
  /** Blobs stored after the given number, oldest first, a few at a time. */
  readonly blobsAfter: (
    blobNumber: number,
  ) => readonly { readonly blobNumber: number; readonly name: string }[]
  readonly readBlob: (name: string) => Uint8Array | undefined
  /** The file that a large blob lies in, and nothing else; undefined for others, and where it is missing. */
  readonly blobFile?: (name: string) => string | undefined
  /** Whether the log has a blob of this name that was not taken down. */
  readonly hasBlob: (name: string) => boolean
  readonly watermark: () => Watermark
  readonly saveWatermark: (watermark: Watermark) => void
  /** Sizes of checkpoints that were served since the last publication; those that are done with are taken out. */
  readonly served: Set<number>
  /** Lets calls in between two pieces: nothing here waits for anybody else. */
  readonly breathe: () => Promise<void>
}
