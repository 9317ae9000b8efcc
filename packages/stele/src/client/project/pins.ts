// Versions that somebody asked for by name: package.json has a range that allows others too, and these are what it means now.
import type { Locked } from '@stele/resolve'

/** Folders of package.jsons to names to versions. */
export type Pins = ReadonlyMap<string, ReadonlyMap<string, string>>

/** The lock, with these versions in place of what it has for these dependencies. */
export function withPins(locked: Locked | undefined, pins: Pins | undefined): Locked | undefined {
  if (pins === undefined || pins.size === 0) return locked
  const pinOf = (from: string, name: string): string | undefined => pins.get(from)?.get(name)
  return {
    direct: (from, edge) =>
      pinOf(from, edge.name) === undefined ? locked?.direct(from, edge) : undefined,
    pinned: (from, edge) => {
      const version = pinOf(from, edge.name)
      return version === undefined ? locked?.pinned?.(from, edge) : { version }
    },
    node: (id) => locked?.node(id),
    versions: (name) => locked?.versions(name) ?? [],
  }
}
