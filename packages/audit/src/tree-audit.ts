// Grows the tree from the entries' own hashes and compares it with every tile that is served, and with signed roots.
import { bundleWidth } from '@stele/entries'
import { SteleError } from '@stele/errors'
import { Frontier, type Hash, hashLeaf, isSameHash } from '@stele/tlog'
import type { Chunk } from './chunks.ts'
import { type Fetch, type FetchedTile, fetchTile } from './log-files.ts'
import { hex } from './quote.ts'

/** A size and root that the log has signed. `path` is the file that says so. */
export type SignedRoot = { readonly path: string; readonly size: number; readonly root: Hash }

type PendingTile = {
  readonly level: number
  readonly index: number
  readonly hashes: readonly Hash[]
}

/** The tree so far, with the hashes of its unfinished tiles, one row for each level. */
export class TreeAudit {
  readonly #frontier = Frontier.empty()
  readonly #rows: Hash[][] = []
  /** Tiles above level 0 that have become full and were not compared yet. */
  readonly #full: PendingTile[] = []

  /** Entries so far. */
  get size(): number {
    return this.#frontier.size
  }

  /** Their root. */
  root(): Hash {
    return this.#frontier.root()
  }

  /** Adds a chunk's entries, those that are not in the tree yet. Throws `file_mismatch` naming the first wrong entry. */
  addChunk(chunk: Chunk, signed: readonly SignedRoot[]): void {
    const known = [...(this.#rows[0] ?? [])] // Of this chunk, from a smaller tree.
    for (let position = 0; position < chunk.width; position++) {
      const before = known[position]
      const leafHash = before ?? hashLeaf(leafOf(chunk, chunk.start + position))
      compareHash(chunk.tile, { level: 0, start: chunk.start, position }, leafHash)
      if (before !== undefined) continue
      this.#append(leafHash)
      for (const root of signed) this.#compareRoot(root)
    }
    refuseLeftOver(chunk)
  }

  /** Compares the tiles above level 0 that became full; with `isEnd`, the partial ones too. Throws `file_mismatch`. */
  async compareUpperTiles(fetch: Fetch, isEnd: boolean): Promise<void> {
    const partial = this.#rows.flatMap((hashes, level): PendingTile[] => {
      if (level === 0 || hashes.length === 0) return []
      return [{ level, index: Math.floor(this.#rowLength(level) / bundleWidth), hashes }]
    })
    for (const { level, index, hashes } of [...this.#full.splice(0), ...(isEnd ? partial : [])]) {
      const entry = index * bundleWidth ** (level + 1)
      const tile = await fetchTile(fetch, { level, index, width: hashes.length }, entry)
      const start = index * bundleWidth
      hashes.forEach((hash, position) => compareHash(tile, { level, start, position }, hash))
    }
  }

  #append(leafHash: Hash): void {
    for (const { tileLevel, index, hash } of this.#frontier.append(leafHash)) {
      const row = this.#rows[tileLevel] ?? []
      this.#rows[tileLevel] = row
      row.push(hash)
      if (row.length < bundleWidth) continue
      this.#rows[tileLevel] = []
      if (tileLevel === 0) continue // Compared with its chunk.
      this.#full.push({ level: tileLevel, index: Math.floor(index / bundleWidth), hashes: row })
    }
  }

  #rowLength(level: number): number {
    return Math.floor(this.size / bundleWidth ** level)
  }

  #compareRoot({ path, size, root }: SignedRoot): void {
    if (this.size !== size) return
    const found = this.#frontier.root()
    if (isSameHash(found, root)) return
    throw new SteleError('file_mismatch', {
      path,
      entry: null,
      what: `the root that it signs for ${size} entries`,
      found: hex(root),
      wanted: `${hex(found)}, to which the entries hash`,
    })
  }
}

function leafOf({ leaves, start }: Chunk, index: number): Uint8Array {
  const leaf = leaves.items[index - start]
  if (leaf !== undefined && leaf !== null) return leaf
  const facts = { what: 'its entry', found: 'a record that is cut', wanted: 'a whole one' }
  throw new SteleError('file_mismatch', { path: leaves.path, entry: index, ...facts })
}

function refuseLeftOver({ leaves, start, width }: Chunk): void {
  if (leaves.leftOver === 0) return
  const sizes = { found: `${leaves.leftOver} bytes left over`, wanted: 'none' }
  const entry = start + width - 1
  throw new SteleError('file_mismatch', { path: leaves.path, entry, what: 'its end', ...sizes })
}

type Place = { readonly level: number; readonly start: number; readonly position: number }

function compareHash({ path, hashes }: FetchedTile, place: Place, wanted: Hash): void {
  const found = hashes[place.position]
  if (found === undefined) throw new Error('The tile is too narrow')
  if (isSameHash(found, wanted)) return
  const hashed = place.level === 0 ? 'entry hashes' : 'entries hash'
  throw new SteleError('file_mismatch', {
    path,
    entry: (place.start + place.position) * bundleWidth ** place.level,
    what: `its hash number ${place.position}`,
    found: hex(found),
    wanted: `${hex(wanted)}, to which the ${hashed}`,
  })
}
