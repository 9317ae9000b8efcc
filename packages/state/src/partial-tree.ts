// Answers out of a proven part of the trie. A pruned part answers nothing, least of all "absent".
import { SteleError } from '@stele/errors'
import { bitOf, pathOf } from './key.ts'
import { maxPathBits, maxTreeBytes } from './limits.ts'
import { invalidTree, type ParsedTree, parseTree, type ShownLeaf } from './parse-tree.ts'
import type { AskedLeaf } from './prove.ts'
import { checkQuery, nameOf, type StateQuery } from './query.ts'

/** A part of the trie that a root proves. All three throw proof_not_covered where the answer was pruned. */
export type PartialTree = {
  /** The value hash at this key, undefined where the trie has none. */
  readonly get: (object: string, field: string) => Uint8Array | undefined
  /** All of the object's fields that begin with the prefix, by their UTF-8 bytes, with their value hashes. */
  readonly list: (object: string, prefix: string) => readonly (readonly [string, Uint8Array])[]
  /** The leaves that answer these queries, each once, left to right in the tree. */
  readonly asked: (queries: readonly StateQuery[]) => readonly AskedLeaf[]
}

/**
 * The answers in the bytes of a partial tree of this root (32 bytes). Every check of the format is made here, so hostile
 * bytes are safe to pass. Throws proof_invalid. Spec: state.md, "Proofs".
 */
export function openPartialTree(bytes: Uint8Array, root: Uint8Array): PartialTree {
  if (bytes.length > maxTreeBytes) throw invalidTree(`it is over ${maxTreeBytes} bytes`)
  const tree = parseTree(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  if (Buffer.compare(tree.root, root) !== 0) throw invalidTree('it has another root')
  return {
    get: (object, field) => {
      const [node] = find(tree, { object, field })
      return node === undefined ? undefined : Uint8Array.from(leafAt(tree, node).valueHash)
    },
    list: (object, prefix) =>
      find(tree, { object, prefix }).map((node) => {
        const { field, valueHash } = leafAt(tree, node)
        return [field, Uint8Array.from(valueHash)]
      }),
    asked: (queries) => {
      const nodes = new Set(queries.flatMap((query) => find(tree, query)))
      return [...nodes]
        .sort((one, other) => one - other)
        .map((node) => {
          const { object, field, valueHash } = leafAt(tree, node)
          return [object, field, Uint8Array.from(valueHash)]
        })
    },
  }
}

/** The leaves that answer a query, as numbers of nodes, in order. */
function find(tree: ParsedTree, query: StateQuery): readonly number[] {
  checkQuery(query, 'the query')
  if (tree.bits.length === 0) return []
  const path = pathOf(query.object, nameOf(query))
  if ('field' in query) {
    const node = descend(tree, path, maxPathBits)
    const leaf = tree.leaves.get(node)
    if (leaf === undefined) throw notCovered(query)
    return leaf.path.equals(path) ? [node] : []
  }
  const found = findBelow(tree, descend(tree, path, 8 * path.length), path)
  if (found === undefined) throw notCovered(query)
  return found
}

/** The leaves below `top`, which all begin with the path, or none does; undefined where not enough is shown. */
function findBelow(tree: ParsedTree, top: number, path: Buffer): readonly number[] | undefined {
  const shown: number[] = []
  let isPruned = false
  for (let node = top; node < tree.ends[top]!; node++) {
    const leaf = tree.leaves.get(node)
    if (leaf === undefined) isPruned ||= tree.bits[node]! < 0
    // One leaf that begins otherwise decides for all of them.
    else if (!startsWith(leaf, path)) return []
    else shown.push(node)
  }
  return isPruned ? undefined : shown
}

/** Where the path leads among the nodes that decide before `endBit`. */
function descend(tree: ParsedTree, path: Buffer, endBit: number): number {
  let node = 0
  for (let bit = tree.bits[node]!; bit >= 0 && bit < endBit; bit = tree.bits[node]!) {
    node = bitOf(path, bit) === 1 ? tree.rights[node]! : node + 1
  }
  return node
}

function startsWith({ path }: ShownLeaf, start: Buffer): boolean {
  return path.length >= start.length && path.compare(start, 0, start.length, 0, start.length) === 0
}

function leafAt(tree: ParsedTree, node: number): ShownLeaf {
  const leaf = tree.leaves.get(node)
  if (leaf === undefined) throw new Error(`Node ${node} of the partial tree is not a leaf`)
  return leaf
}

function notCovered(query: StateQuery): SteleError {
  return new SteleError('proof_not_covered', { object: query.object, field: nameOf(query) })
}
