// What the faces are given: engines, reads of the log, settings.
import type { Accounts } from '@stele/accounts'
import type { BundleKind } from '@stele/entries'
import type { AddressSettings } from '@stele/http'
import type { Registry } from '@stele/registry'
import type { StateQuery } from '@stele/state'

/** Reads of the published log. Undefined: there is none such. Bytes are sent as they are. */
export type LogReads = {
  /** The newest signed checkpoint. */
  readonly checkpoint: () => Uint8Array | undefined
  /** The newest head (spec/state.md "Proofs"). */
  readonly head: () => Uint8Array | undefined
  /** Two lines: the log's vkey and its clock's. */
  readonly keys: () => string
  /** Entries under the newest checkpoint. */
  readonly treeSize: () => number
  /** The first `width` hashes of a tile. */
  readonly tile: (level: number, index: number, width: number) => Uint8Array | undefined
  /** The first `width` records of a bundle. */
  readonly bundle: (kind: BundleKind, index: number, width: number) => Uint8Array | undefined
  /** A blob by the hex of its SHA-512: its bytes, or the file that holds them. */
  readonly blob: (name: string) => Uint8Array | StoredFile | undefined
}

/** A file and its length in bytes. */
export type StoredFile = { readonly file: string; readonly size: number }

/** What the operator configured, as far as the faces care. */
export type FaceSettings = AddressSettings & {
  readonly signUp: 'auto' | 'open' | 'closed'
  /** The server listens on loopback addresses alone. */
  readonly listensOnLoopback: boolean
  /** Bytes of a publish document, decoded; 128 MiB when absent. */
  readonly maxUploadBytes?: number
}

/** All that the faces need. */
export type FacePorts = {
  readonly registry: Registry
  readonly accounts: Accounts
  readonly log: LogReads
  /** A proof bundle for these queries, at the newest head. */
  readonly prove: (queries: readonly StateQuery[]) => Promise<Uint8Array>
  /** Why writes are refused now; undefined, or absent, where they are taken. */
  readonly writesRefused?: () => string | undefined
  readonly settings: FaceSettings
}
