// What faces read of the published log.
import type { BundleKind } from '@stele/entries/paths'

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
  /** Why a blob was taken down; undefined where it was not. */
  readonly takenDown: (name: string) => string | undefined
}

/** A file and its length in bytes. */
export type StoredFile = { readonly file: string; readonly size: number }
