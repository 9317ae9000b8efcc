// What a call log is read from: a service of this process, an address, a folder.
import type { KeptEntry } from '@stele/entries/parts'

/** Where the entries come from. */
export type CallLogSource = {
  readonly size: () => number
  readonly entries: (
    start: number,
    count: number,
  ) => Promise<readonly KeptEntry[]> | readonly KeptEntry[]
  /** The program that the log began with. */
  readonly code: () => Promise<string> | string
  /** A blob of the log by its hex SHA-512. */
  readonly blob: (name: string) => Promise<Uint8Array | undefined> | Uint8Array | undefined
  readonly filesArchiveUrl: string
  /** Where the files were served when the log was fetched. */
  readonly filesAddress?: string
}
