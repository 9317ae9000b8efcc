// Making proofs: the part of a tree that answers queries, everything else pruned to hashes.

import { emptyRoot } from '@stele/tlog/tree'
import type { Inners } from './inners.ts'
import { bitOf, pathOf } from './key.ts'
import type { Leaves } from './leaves.ts'
import { checkQuery, nameOf, type StateQuery } from './query.ts'
import { innerTag, leafTag, prunedTag, TreeWriter } from './tree-bytes.ts'

/** A leaf whose value answers a query: its key and its value hash (32 bytes). */
export type AskedLeaf = readonly [object: string, field: string, valueHash: Uint8Array]

/** A proof: the partial tree's bytes, the root it proves to, and the leaves whose values go with it, left to right. */
export type StateProof = {
  readonly root: Uint8Array
  readonly tree: Uint8Array
  readonly asked: readonly AskedLeaf[]
}

/** Nodes and queries looked at between two chances to pause: well under a millisecond. */
const unitsPerStep = 2_000

type Arena = { readonly inners: Inners; readonly leaves: Leaves }
type Sought = { readonly path: Buffer; readonly isPrefix: boolean }
/** A tree to write, with what is sought in it: `order[from, to)`. */
type Visit = {
  readonly tree: number
  readonly from: number
  readonly to: number
  readonly shown: Shown
}
/** How much of a tree is shown: where something is sought; all of it; all of it, and its values were asked for. */
type Shown = 'sought' | 'all' | 'asked'
type Range = { readonly to: number; readonly shown: Shown }

/** One proof being made. `order` holds numbers of `sought`, so that each open visit has its own range of it. */
type Work = Arena & {
  readonly sought: readonly Sought[]
  readonly order: Uint32Array
  readonly writer: TreeWriter
  readonly asked: AskedLeaf[]
  readonly open: Visit[]
}

/** Makes the proof of a tree (undefined: the empty one), pausing now and then. Throws request_invalid. */
export function* proofSteps(
  arena: Arena,
  tree: number | undefined,
  queries: readonly StateQuery[],
): Generator<undefined, StateProof> {
  const sought: Sought[] = []
  for (const [index, query] of queries.entries()) {
    checkQuery(query, `query ${index}`)
    sought.push({ path: pathOf(query.object, nameOf(query)), isPrefix: !('field' in query) })
    if (index % 200 === 199) yield
  }
  if (tree === undefined) {
    return { root: Uint8Array.from(emptyRoot), tree: new Uint8Array(0), asked: [] }
  }
  const order = Uint32Array.from(sought.keys())
  const work: Work = { ...arena, sought, order, writer: new TreeWriter(), asked: [], open: [] }
  work.open.push({ tree, from: 0, to: sought.length, shown: 'sought' })
  let units = 0
  for (let visit = work.open.pop(); visit !== undefined; visit = work.open.pop()) {
    units += 1 + visit.to - visit.from
    write(work, visit)
    if (units < unitsPerStep) continue
    units = 0
    yield
  }
  return { root: rootOf(arena, tree), tree: work.writer.finish(), asked: work.asked }
}

function write(work: Work, visit: Visit): void {
  if (visit.shown === 'sought' && visit.from === visit.to) writePruned(work, visit.tree)
  else if (visit.tree < 0) writeLeaf(work, ~visit.tree, visit)
  else writeInner(work, visit)
}

function writePruned({ inners, leaves, writer }: Work, tree: number): void {
  const { bytes, at } = writer.take(1 + 32)
  bytes[at] = prunedTag
  if (tree >= 0) inners.bytes.copy(bytes, at + 1, tree * 32, tree * 32 + 32)
  else bytes.write(leaves.hash(~tree), at + 1, 32, 'latin1')
}

function writeLeaf({ leaves, sought, order, ...work }: Work, leaf: number, visit: Visit): void {
  const { bytes, at } = work.writer.take(1 + leaves.recordBytes(leaf))
  bytes[at] = leafTag
  leaves.copyRecord(leaf, bytes, at + 1)
  let isAsked = visit.shown === 'asked'
  for (let next = visit.from; next < visit.to && !isAsked; next++) {
    const { path, isPrefix } = sought[order[next]!]!
    isAsked = isPrefix ? leaves.startsWith(leaf, path) : leaves.isAt(leaf, path)
  }
  if (!isAsked) return
  work.asked.push([leaves.objectText(leaf), leaves.fieldText(leaf), leaves.valueHash(leaf)])
}

function writeInner(work: Work, visit: Visit): void {
  const { inners, writer, open } = work
  const { tree, from } = visit
  const bit = inners.bit(tree)
  const { shown, to } = settlePrefixes(work, visit)
  const { bytes, at } = writer.take(1 + 2)
  bytes[at] = innerTag
  bytes.writeUInt16BE(bit, at + 1)
  const middle = partition(work, { from, to }, bit)
  open.push({ tree: inners.right[tree]!, from: middle, to, shown })
  open.push({ tree: inners.left[tree]!, from, to: middle, shown })
}

/** Takes the prefixes that all of the tree's leaves begin with, or none, out of what is sought, and has the tree shown. */
function settlePrefixes({ inners, leaves, sought, order }: Work, visit: Visit): Range {
  if (visit.shown === 'asked') return { shown: 'asked', to: visit.from }
  const bit = inners.bit(visit.tree)
  let { shown, to } = visit
  let first = -1
  for (let at = visit.from; at < to; ) {
    const { path, isPrefix } = sought[order[at]!]!
    if (!isPrefix || bit < 8 * path.length) {
      at++
      continue
    }
    if (first < 0) first = firstLeaf(inners, visit.tree)
    if (leaves.startsWith(first, path)) return { shown: 'asked', to: visit.from }
    shown = 'all'
    order[at] = order[--to]!
  }
  return { shown, to }
}

/** Brings what goes left at this bit to the front of `order[from, to)`. Returns where the right begins. */
function partition(
  { sought, order }: Work,
  { from, to }: { readonly from: number; readonly to: number },
  bit: number,
): number {
  let middle = from
  for (let at = from; at < to; at++) {
    const index = order[at]!
    if (bitOf(sought[index]!.path, bit) === 1) continue
    order[at] = order[middle]!
    order[middle++] = index
  }
  return middle
}

function rootOf({ inners, leaves }: Arena, tree: number): Uint8Array {
  if (tree < 0) return Uint8Array.from(Buffer.from(leaves.hash(~tree), 'latin1'))
  return Uint8Array.from(inners.bytes.subarray(tree * 32, tree * 32 + 32))
}

function firstLeaf(inners: Inners, tree: number): number {
  let below = tree
  while (below >= 0) below = inners.left[below]!
  return ~below
}
