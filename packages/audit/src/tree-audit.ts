// Grows the tree from the entries' own hashes and compares it with every tile that is served, with signed roots, and with roots
// that were seen on other days.
import { bundleWidth } from '@stele/entries/parts'
import { SteleError } from '@stele/errors'
import { tileRowLength } from '@stele/tlog/tiles'
import {
  createHashReader,
  Frontier,
  type Hash,
  hashLeaf,
  isSameHash,
  treeRoot,
} from '@stele/tlog/tree'
import type { Chunk } from './chunks.ts'
import { HashRows } from './hash-rows.ts'
import { type Fetch, type FetchedTile, fetchTile } from './log-files.ts'
import { hex } from './quote.ts'

/** A size and root that the log has signed. `path` is the file that says so, `note` the signed checkpoint. */
export type SignedRoot = {
  readonly path: string
  readonly size: number
  readonly root: Hash
  readonly note: string
  /** Set for a root from an earlier verification or from the user: a different one means a different history. */
  readonly seen?: string
}

/** What a chunk is compared with: signed roots, and tiles of the tree of `size` entries, the largest that is signed. */
export type TreeClaims = {
  readonly fetch: Fetch
  readonly signed: readonly SignedRoot[]
  readonly size: number
}

/** The tree so far. */
export class TreeAudit {
  readonly #frontier: Frontier
  readonly #rows: HashRows
  /** How many hashes of each level above 0 were compared with a full tile. */
  readonly #compared: number[] = []

  constructor(rows: HashRows = new HashRows()) {
    this.#rows = rows
    const size = rows.count(0)
    this.#frontier = size === 0 ? Frontier.empty() : Frontier.restore(size, rows.reader)
  }

  /** Entries so far. */
  get size(): number {
    return this.#frontier.size
  }

  /** Their root. */
  root(): Hash {
    return this.#frontier.root()
  }

  /** The root of the first `size` of them. */
  rootAt(size: number): Hash {
    return this.#rows.rootAt(size)
  }

  /** Every hash, to be kept. */
  get rows(): HashRows {
    return this.#rows
  }

  /** Adds a chunk's entries, those that are not in the tree yet. Throws `file_mismatch` naming the first wrong entry. */
  async addChunk(chunk: Chunk, claims: TreeClaims): Promise<void> {
    const known = this.size - chunk.start // Of this chunk, from a smaller tree.
    const hashes: Hash[] = []
    for (let position = 0; position < chunk.width; position++) {
      const leaf = chunk.leaves.items[position]
      if (position < known) hashes.push(this.#rows.at(0, chunk.start + position))
      else if (leaf) hashes.push(hashLeaf(leaf))
      else break // The bundle is cut; a wrong hash before the cut says more.
    }
    const wrong = hashes.findIndex((hash, at) => !isSameHash(hash, chunk.tile.hashes[at] ?? hash))
    if (wrong >= 0) throw await this.#blame(chunk, { hashes, wrong, known }, claims)
    if (hashes.length < chunk.width) throw cutLeaf(chunk, chunk.start + hashes.length)
    for (const hash of hashes.slice(Math.max(0, known))) {
      this.#append(hash)
      for (const root of claims.signed) this.#compareRoot(root)
    }
    refuseLeftOver(chunk)
  }

  /** Compares the tiles above level 0 that became full; with `isEnd`, the partial ones too. Throws `file_mismatch`. */
  async compareUpperTiles(fetch: Fetch, isEnd: boolean): Promise<void> {
    for (let level = 1; level < this.#rows.levels; level++) {
      const [from, count] = [this.#compared[level] ?? 0, this.#rows.count(level)]
      const end = isEnd ? count : count - (count % bundleWidth)
      for (let start = from - (from % bundleWidth); start < end; start += bundleWidth) {
        await this.#compareTile(fetch, { level, start, width: Math.min(bundleWidth, end - start) })
      }
      this.#compared[level] = count - (count % bundleWidth)
    }
  }

  async #compareTile(
    fetch: Fetch,
    { level, start, width }: { level: number; start: number; width: number },
  ): Promise<void> {
    const entry = start * bundleWidth ** level
    const tile = await fetchTile(fetch, { level, index: start / bundleWidth, width }, entry)
    this.#rows.slice(level, start, width).forEach((wanted, position) => {
      const found = tile.hashes[position] ?? wanted
      if (!isSameHash(found, wanted)) throw wrongHash(tile, { level, start, position }, wanted)
    })
  }

  #append(leafHash: Hash): void {
    for (const { tileLevel, hash } of this.#frontier.append(leafHash)) {
      this.#rows.push(tileLevel, hash)
    }
  }

  #compareRoot({ path, size, root, seen }: SignedRoot): void {
    if (this.size !== size) return
    const found = this.#frontier.root()
    if (isSameHash(found, root)) return
    if (seen !== undefined) throw forked({ size, seen, found, wanted: root })
    throw new SteleError('file_mismatch', {
      path,
      entry: null,
      what: `the root that it signs for ${size} entries`,
      found: hex(root),
      wanted: `${hex(found)}, to which the entries hash`,
    })
  }

  /** Entries and tile disagree: what is above them, a tile or the signed root, says which of the two was changed. */
  async #blame(
    chunk: Chunk,
    { hashes, wrong, known }: { hashes: readonly Hash[]; wrong: number; known: number },
    claims: TreeClaims,
  ): Promise<SteleError> {
    const above = await this.#above(chunk, claims)
    const isTileRight = above?.(chunk.tile.hashes) === true && above(hashes) === false
    const wanted = hashes[wrong] ?? this.root()
    if (!isTileRight || wrong < known) {
      return wrongHash(chunk.tile, { level: 0, start: chunk.start, position: wrong }, wanted)
    }
    return new SteleError('file_mismatch', {
      path: chunk.leaves.path,
      entry: chunk.start + wrong,
      what: 'the hash of its entry',
      found: hex(wanted),
      wanted: `${hex(chunk.tile.hashes[wrong] ?? wanted)}, as the tiles and what is above them say`,
    })
  }

  /** Says of a chunk's hashes whether what stands above them is made of them; undefined where nothing can be had. */
  async #above(
    { start, width }: Chunk,
    { fetch, signed, size }: TreeClaims,
  ): Promise<((hashes: readonly Hash[]) => boolean) | undefined> {
    if (width < bundleWidth) {
      const root = signed.find((one) => one.size === start + width)?.root
      const before = Frontier.restore(start, this.#rows.reader)
      return root === undefined ? undefined : (hashes) => isSameHash(rootWith(before, hashes), root)
    }
    const index = Math.floor(start / bundleWidth)
    const first = index - (index % bundleWidth)
    const row = Math.min(bundleWidth, tileRowLength(size, 1) - first)
    const place = { level: 1, index: first / bundleWidth, width: row }
    try {
      const tile = await fetchTile(fetch, place, start)
      const parent = tile.hashes[index - first]
      return parent === undefined ? undefined : (hashes) => isSameHash(rootOf(hashes), parent)
    } catch {
      return undefined // Then the tile is blamed: it is the one that can be made again.
    }
  }
}

/** The error of another history than one that was seen. */
export function forked(facts: {
  readonly size: number
  readonly seen: string
  readonly found: Hash
  readonly wanted: Hash
}): SteleError {
  const [found, wanted] = [facts.found, facts.wanted].map((root) =>
    Buffer.from(root).toString('base64'),
  )
  const { size, seen } = facts
  return new SteleError('history_forked', { size, seen, found: found ?? '', wanted: wanted ?? '' })
}

function rootWith(before: Frontier, hashes: readonly Hash[]): Hash {
  const grown = before.copy()
  for (const hash of hashes) grown.append(hash)
  return grown.root()
}

function rootOf(hashes: readonly Hash[]): Hash {
  const read = createHashReader((_level, start, count) => hashes.slice(start, start + count))
  return treeRoot(hashes.length, read)
}

function cutLeaf({ leaves }: Chunk, entry: number): SteleError {
  const facts = { what: 'its entry', found: 'a record that is cut', wanted: 'a whole one' }
  return new SteleError('file_mismatch', { path: leaves.path, entry, ...facts })
}

function refuseLeftOver({ leaves, start, width }: Chunk): void {
  if (leaves.leftOver === 0) return
  const sizes = { found: `${leaves.leftOver} bytes left over`, wanted: 'none' }
  const entry = start + width - 1
  throw new SteleError('file_mismatch', { path: leaves.path, entry, what: 'its end', ...sizes })
}

type Place = { readonly level: number; readonly start: number; readonly position: number }

function wrongHash({ path, hashes }: FetchedTile, place: Place, wanted: Hash): SteleError {
  const hashed = place.level === 0 ? 'entry hashes' : 'entries hash'
  return new SteleError('file_mismatch', {
    path,
    entry: (place.start + place.position) * bundleWidth ** place.level,
    what: `its hash number ${place.position}`,
    found: hex(hashes[place.position] ?? new Uint8Array(0)),
    wanted: `${hex(wanted)}, to which the ${hashed}`,
  })
}
