// spec/vectors.json, as far as this package reads it, and the trie vectors at the end of spec/log.md.
import { readFileSync } from 'node:fs'
import { type NoteVerifier, parseVkey } from '@stele/tlog/notes'
import type { StateQuery } from '../src/index.ts'
import { valueHash } from './naive-trie.ts'

type Vectors = {
  readonly keys: { readonly log: string; readonly clock: string }
  readonly entries: readonly {
    readonly effects: string
    readonly leaf: string
    readonly stateRoot: string
    readonly values: readonly unknown[]
  }[]
  readonly head: string
  readonly checkpoint: string
  readonly proofs: readonly { readonly queries: readonly StateQuery[]; readonly bundle: string }[]
}

const file = new URL('../../../spec/vectors.json', import.meta.url)
export const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'))
export const origin = 'example.com/stele'
export const verifiers: readonly NoteVerifier[] = [
  parseVkey(vectors.keys.log),
  parseVkey(vectors.keys.clock),
]

/** The leaves that an entry of the vectors writes. */
export function writesOf(
  effects: string,
): { object: string; field: string; valueHash: Buffer | null }[] {
  const { writes }: { writes: [string, string, string | null][] } = JSON.parse(effects)
  return writes.map(([object, field, hex]) => ({
    object,
    field,
    valueHash: hex === null ? null : Buffer.from(hex, 'hex'),
  }))
}

type SpecLeaf = { readonly object: string; readonly field: string; readonly valueHash: Uint8Array }

/** Inserted in this order, the trie has these roots. */
export const leftPadSteps = [
  [[], 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  [
    [['left-pad', 'v/1.3.0', 'A']],
    '192c3ba4a092bcbdacae16a5855fddd6cec0c98a9a42e2e0d9bcfb1d981397d8',
  ],
  [
    [['left-pad', 't/latest', 'B']],
    '80d25872587ee83977665e594b1eca8942fe2c0e6dacb4f8d458f151d36091df',
  ],
  [
    [
      ['left-pad', 'v/1.2.0', 'C'],
      ['@s/x', 'v/0.0.1', 'D'],
    ],
    '380542f35e450f31be9b3453d63a652488c1011d0c6e5b6a4482cf4aa419aab4',
  ],
] as const

export const leftPadLeaves: readonly SpecLeaf[] = leftPadSteps.flatMap(([leaves]) =>
  leaves.map(([object, field, letter]) => ({ object, field, valueHash: valueHash(letter) })),
)

/** Queries of the last of these tries: bytes and SHA-256 of the partial tree. */
export const leftPadProofs = [
  [{ object: 'left-pad', field: 'v/1.3.0' }, 160, undefined],
  [
    { object: 'left-pad', field: 'v/9.9.9' },
    160,
    '74ce7fe2a38c67d96b54cc1afde933f05292c71cde589c14ea19647c4294a8ba',
  ],
  [
    { object: 'left-pad', prefix: 'v/' },
    179,
    'c9ceedff9d5064ac07e09dca2cca73a0bbfda4bcf54b98bdb70c44088d692c3b',
  ],
] as const

export const leftPadInclusion =
  '01000001010600089044dfe3219a0949c1f93372a9dad9abd76585c8267058639f1815d9a642f9010127004f86938142c44d67ae22d1d9239b1a40d80a4fade001372184b24fe673ee90120200086c6566742d7061640007762f312e332e30559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd000a26acbfc23fc5cf38e7b2c8ee39288851575e1f4b9b55fb4f4596e8c80ef0b5'
