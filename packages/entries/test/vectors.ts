// The entries of spec/vectors.json, as the tests use them.
import { readFileSync } from 'node:fs'

type VectorValue = { readonly hex: string } | { readonly blob: string }
export type VectorEntry = {
  readonly kind: 0 | 1 | 2 | 3 | 4
  readonly body: string
  readonly salt: string
  readonly effects: string
  readonly effectsSalt: string
  readonly values: readonly VectorValue[]
  readonly stateRoot: string
  readonly leaf: string
}
export type Vectors = {
  readonly entries: readonly VectorEntry[]
  readonly files: { readonly [path: string]: string }
}

export const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../../spec/vectors.json', import.meta.url), 'utf8'),
)

export function unhex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}
