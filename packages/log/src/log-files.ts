// The static files of a log, made from what the store holds: one source for the server and for the public folder.

import { bundleWidth, formatRecordBundle, type KeptEntry } from '@stele/entries/parts'
import type { BundleKind } from '@stele/entries/paths'
import { formatEntryBundle, formatTile, tileRowLength } from '@stele/tlog/tiles'
import type { Hash } from '@stele/tlog/tree'

/** What the files are made from. */
export type FilePorts = {
  readonly hashes: (tileLevel: number, start: number, count: number) => readonly Hash[]
  readonly entries: (start: number, count: number) => readonly KeptEntry[]
}

/** A tile's bytes, undefined where the tree of `size` leaves has no such tile. */
export function makeTile(
  ports: FilePorts,
  size: number,
  tile: { readonly level: number; readonly index: number; readonly width: number },
): Uint8Array | undefined {
  const start = tile.index * bundleWidth
  if (start + tile.width > tileRowLength(size, tile.level)) return undefined
  return formatTile(ports.hashes(tile.level, start, tile.width))
}

/** A bundle's bytes, undefined where the tree of `size` leaves has no such bundle. */
export function makeBundle(
  ports: FilePorts,
  size: number,
  bundle: { readonly kind: BundleKind; readonly index: number; readonly width: number },
): Uint8Array | undefined {
  const start = bundle.index * bundleWidth
  if (start + bundle.width > size) return undefined
  const entries = ports.entries(start, bundle.width)
  switch (bundle.kind) {
    case 'entries':
      return formatEntryBundle(entries.map((entry) => entry.leaf))
    case 'body':
      return formatRecordBundle(entries.map((entry) => entry.body))
    case 'effects':
      return formatRecordBundle(entries.map((entry) => entry.effects))
    case 'value':
      return formatRecordBundle(entries.map((entry) => entry.values))
  }
}
