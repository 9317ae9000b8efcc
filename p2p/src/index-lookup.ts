// Looks a file up in a drive's index, a B-tree of hyperbee, as whoever made the drive has written it. hyperbee's own way down
// follows whatever stands there, in circles too, and would hold the process for ever; here every step leads back in the list.
import { Node, YoloIndex } from 'hyperbee/lib/messages.js'
import { maxIndexBlockBytes, maxLookupSteps } from './limits.ts'

/** Gives a block of the index by its number. */
export type ReadBlock = (index: number) => Promise<Uint8Array>

/** An index that nobody's program would write. */
export class IndexFault extends Error {}

type Place = { readonly block: number; readonly level: number }
type Level = { readonly keys: readonly number[]; readonly children: readonly number[] }

/** Hyperdrive keeps files below this, and nothing else. */
const prefix = Buffer.from('files\0')

/** The value that the first `length` blocks hold for this path; undefined where it is not there. Throws IndexFault. */
export async function lookUp(
  path: string,
  length: number,
  read: ReadBlock,
): Promise<Uint8Array | undefined> {
  if (length < 2) return undefined // The first block is a header.
  const wanted = Buffer.concat([prefix, Buffer.from(path)])
  let place: Place = { block: length - 1, level: 0 }
  for (let step = 0; step < maxLookupSteps; step++) {
    const level = levelAt(await readNode(place.block, read), place)
    const { found, next } = await search(wanted, level, (at) => readNode(below(at, place), read))
    if (found !== undefined) return found.value ?? new Uint8Array(0)
    if (next === undefined) return undefined
    const child = { block: next[0], level: next[1] }
    const isBack = child.block < place.block && child.block > 0
    const isWithin = child.block === place.block && child.level > place.level
    if (!isBack && !isWithin) throw new IndexFault(`block ${place.block} leads in a circle`)
    place = child
  }
  throw new IndexFault(`it has more than ${maxLookupSteps} levels`)
}

/** Where the path stands among the keys of a level, or below which child it would. */
async function search(
  wanted: Uint8Array,
  { keys, children }: Level,
  readKey: (block: number) => Promise<TreeNode>,
): Promise<{
  readonly found?: TreeNode
  readonly next?: readonly [block: number, level: number]
}> {
  let [from, to] = [0, keys.length]
  while (from < to) {
    const middle = (from + to) >> 1
    const node = await readKey(keys[middle] ?? 0)
    const order = Buffer.compare(wanted, node.key)
    if (order === 0) return { found: node }
    if (order < 0) to = middle
    else from = middle + 1
  }
  const [block, level] = [children[2 * from], children[2 * from + 1]]
  return block === undefined || level === undefined ? {} : { next: [block, level] }
}

type TreeNode = ReturnType<typeof Node.decode>

async function readNode(block: number, read: ReadBlock): Promise<TreeNode> {
  const bytes = await read(block)
  if (bytes.length > maxIndexBlockBytes) {
    throw new IndexFault(`block ${block} has ${bytes.length} bytes`)
  }
  return decode(block, () => Node.decode(bytes))
}

function levelAt({ index }: TreeNode, { block, level }: Place): Level {
  const found = decode(block, () => YoloIndex.decode(index)).levels[level]
  if (found === undefined) throw new IndexFault(`block ${block} has no level ${level}`)
  return found
}

/** The number of a key's block: it was there when the level was written. */
function below(block: number, place: Place): number {
  if (block > 0 && block <= place.block) return block
  throw new IndexFault(`block ${place.block} names the later block ${block}`)
}

function decode<T>(block: number, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw new IndexFault(`block ${block} is not in the expected form`, { cause })
  }
}
