// What the pages of a service need of the server.
import type { StateReader } from '@stele/entries/calls'
import type { KeptEntry } from '@stele/entries/parts'

/** Reads of a service: its files, and the entries of its log. */
export type VmPorts = {
  /** What people call it. */
  readonly title: string
  readonly origin: string
  readonly files: StateReader
  readonly treeSize: () => number
  readonly entries: (start: number, count: number) => readonly KeptEntry[]
  /** The names of its methods. */
  readonly methods: () => Promise<readonly string[]>
}
