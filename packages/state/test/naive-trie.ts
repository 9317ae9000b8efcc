// The trie as spec/state.md words it, without any thought of speed; and trees written by hand, right or wrong.
import { createHash } from 'node:crypto'

export type NaiveLeaf = {
  readonly object: string | Uint8Array
  readonly field: string | Uint8Array
  readonly valueHash: Uint8Array
}
export type NaiveTree =
  | NaiveLeaf
  | { readonly bit: number; readonly left: NaiveTree; readonly right: NaiveTree }
  | { readonly pruned: Uint8Array }

function sha256(...parts: (Uint8Array | string)[]): Buffer {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(part)
  return digest.digest()
}

export function valueHash(value: string): Buffer {
  return sha256(value)
}

/** path = SHA-256(object) ‖ field ‖ 0x00, as a text of zeros and ones. */
export function naivePath({ object, field }: NaiveLeaf): string {
  const bytes = Buffer.concat([sha256(object), Buffer.from(field), Buffer.of(0)])
  return [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
}

/** The tree of these leaves, undefined without any. */
export function naiveTree(leaves: readonly NaiveLeaf[]): NaiveTree | undefined {
  const [first, ...others] = leaves
  if (first === undefined || others.length === 0) return first
  const paths = leaves.map((leaf) => naivePath(leaf).padEnd(8 * (32 + 1025), '0'))
  let bit = 0
  while (paths.every((path) => path[bit] === paths[0]?.[bit])) bit++
  const left = naiveTree(leaves.filter((_, index) => paths[index]?.[bit] === '0'))
  const right = naiveTree(leaves.filter((_, index) => paths[index]?.[bit] === '1'))
  if (left === undefined || right === undefined) throw new Error('A side is empty')
  return { bit, left, right }
}

export function naiveHash(tree: NaiveTree | undefined): Uint8Array {
  if (tree === undefined) return sha256('')
  if ('pruned' in tree) return tree.pruned
  if ('bit' in tree) {
    return sha256(Buffer.of(3), u16(tree.bit), naiveHash(tree.left), naiveHash(tree.right))
  }
  return sha256(Buffer.of(2), leafRecord(tree))
}

/** The bytes of a partial tree. */
export function naiveBytes(tree: NaiveTree): Buffer {
  if ('pruned' in tree) return Buffer.concat([Buffer.of(0), tree.pruned])
  if ('bit' in tree) {
    return Buffer.concat([
      Buffer.of(1),
      u16(tree.bit),
      naiveBytes(tree.left),
      naiveBytes(tree.right),
    ])
  }
  return Buffer.concat([Buffer.of(2), leafRecord(tree)])
}

function leafRecord({ object, field, valueHash: value }: NaiveLeaf): Buffer {
  const [objectBytes, fieldBytes] = [Buffer.from(object), Buffer.from(field)]
  return Buffer.concat([
    u16(objectBytes.length),
    objectBytes,
    u16(fieldBytes.length),
    fieldBytes,
    value,
  ])
}

function u16(value: number): Buffer {
  return Buffer.of(value >>> 8, value & 0xff)
}
