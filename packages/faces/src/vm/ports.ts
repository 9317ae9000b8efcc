// What the pages of a service need of the server.
import type { StateReader } from '@stele/entries/calls'

/** Reads of a service: its files, and the entries of its log. */
export type VmPorts = {
  /** What people call it. */
  readonly title: string
  readonly origin: string
  readonly files: StateReader & {
    /** Undefined where there is no such row; its value is not read. */
    readonly row: (object: string, field: string) => object | undefined
  }
  readonly treeSize: () => number
  /** Of the script that runs: hex SHA-512. */
  readonly script: () => string
  /** An entry without its values; a part of more than so many bytes is given as their number. Null is what was taken down. */
  readonly entry: (
    index: number,
    mostBytes: number,
  ) =>
    | {
        readonly leaf: Uint8Array
        readonly body: Uint8Array | number | null
        readonly effects: Uint8Array | number | null
      }
    | undefined
  /** Services that it has made, by their paths below this one's address; the path is empty where nobody serves it. */
  readonly services: () => readonly { readonly path: string; readonly title: string }[]
  /** Why writes are refused now, undefined where they are taken. */
  readonly writesRefused: () => string | undefined
  /** Why the service is said not to answer, undefined where it does. */
  readonly notAnswering: () => Promise<string | undefined>
  /** The names of its methods. */
  readonly methods: () => Promise<readonly string[]>
}
