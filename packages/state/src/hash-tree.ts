// Hashes what changed in a tree since it was last hashed.
import { hashInnerMessage, innerBytes, innerWords } from './hashing.ts'
import type { Arena } from './snapshot.ts'

/** Hashes the dirty nodes of the tree at an inner node, children first; every dirty node's parent is dirty. */
export function hashTree(arena: Arena, tree: number): void {
  const { inners } = arena
  if (!inners.isDirty(tree)) return
  const stack = [tree]
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    const [left, right] = [inners.left[node]!, inners.right[node]!]
    if (left >= 0 && inners.isDirty(left)) stack.push(left)
    else if (right >= 0 && inners.isDirty(right)) stack.push(right)
    else {
      putHash(arena, left, 0)
      putHash(arena, right, 1)
      inners.setHash(node, hashInnerMessage(inners.bit(node)))
      stack.pop()
    }
  }
}

/** Puts a child's hash where the message of its parent has it. */
function putHash({ inners, leaves }: Arena, tree: number, side: 0 | 1): void {
  if (tree >= 0) inners.copyHash(tree, innerWords, side * 8)
  else innerBytes.write(leaves.hash(~tree), side * 32, 32, 'latin1')
}
