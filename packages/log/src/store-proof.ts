// Whether what the store would write into the public folder is what the root of its signed checkpoint says.
import { hashBody, hashEffects, parseLeaf } from '@stele/entries/leaf'
import {
  bundleWidth,
  type EffectWrite,
  hashValue,
  type KeptEntry,
  parseEffects,
  parseValues,
  readPart,
  splitPart,
} from '@stele/entries/parts'
import { type HashTile, type TileNumber, tileRowLength } from '@stele/tlog/tiles'
import { type Hash, hashLeaf, hashNode, isSameHash } from '@stele/tlog/tree'
import type { FilePorts } from './log-files.ts'
import type { TakenDown } from './taken-down.ts'

/** Whether a tile hashes to its hash in the tile above. One that no tile above covers yet is proven by the root alone. */
export function isTileProven(files: FilePorts, size: number, tile: HashTile): boolean {
  const { level, index, width } = tile
  const hashes = files.hashes(level, index * bundleWidth, width)
  if (hashes.length !== width) return false
  if (width < bundleWidth || tileRowLength(size, level + 1) <= index) return true
  const [above] = files.hashes(level + 1, index, 1)
  const own = fold(hashes)
  return above !== undefined && own !== undefined && isSameHash(above, own)
}

/** Whether leaves hash to their tile, what lies beside them is what they say, and takedowns name all that is not there. */
export async function areEntriesProven(
  { files, takenDown }: { readonly files: FilePorts; readonly takenDown: TakenDown },
  { index, width }: TileNumber,
): Promise<boolean> {
  const start = index * bundleWidth
  const entries = files.entries(start, width)
  const hashes = files.hashes(0, start, width)
  if (entries.length !== width || hashes.length !== width) return false
  const areWhole = entries.every((entry, i) => {
    const leafHash = hashes[i]
    return leafHash !== undefined && isSameHash(hashLeaf(entry.leaf), leafHash) && isWhole(entry)
  })
  return areWhole && takenDown.explains(start, entries)
}

function isWhole(entry: KeptEntry): boolean {
  try {
    const { bodyHash, effectsHash } = parseLeaf(entry.leaf)
    return (
      isPart(entry.body, hashBody, bodyHash) &&
      isPart(entry.effects, hashEffects, effectsHash) &&
      areValues(entry)
    )
  } catch {
    return false // Bytes that nobody can read are not what a leaf was made of.
  }
}

function isPart(
  part: Uint8Array | null,
  hashPart: (salt: Uint8Array, bytes: Uint8Array) => Uint8Array,
  wanted: Uint8Array,
): boolean {
  if (part === null) return true
  const { salt, bytes } = splitPart(part)
  return isSameHash(hashPart(salt, bytes), wanted)
}

function areValues({ effects, values }: KeptEntry): boolean {
  if (values === null) return true
  const found = parseValues(values)
  if (effects === null) return true
  const { writes } = parseEffects(readPart(effects))
  const wanted = writes.filter((write: EffectWrite) => write[2] !== null)
  return (
    found.length === wanted.length &&
    found.every((value, i) => !('bytes' in value) || hashValue(value.bytes) === wanted[i]?.[2])
  )
}

/** The root of 256 hashes. */
function fold(row: readonly Hash[]): Hash | undefined {
  let hashes = row
  while (hashes.length > 1) {
    const above: Hash[] = []
    for (let i = 0; i + 1 < hashes.length; i += 2) {
      const [left, right] = [hashes[i], hashes[i + 1]]
      if (left !== undefined && right !== undefined) above.push(hashNode(left, right))
    }
    hashes = above
  }
  return hashes[0]
}
