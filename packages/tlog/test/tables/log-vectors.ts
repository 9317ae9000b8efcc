// Vectors of spec/log.md. The tree's entries are the texts "entry 0", "entry 1", …

/** Size to root, in hex. */
export const roots = [
  [0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  [1, '773885a613489e24ce2cf76199d6a423f042e4bbf12d7eecee912ef276c65701'],
  [2, '5a47662fd8a317d96049a3f9f47c55dc67ca66051baa3683dbb19b2fe09a07b0'],
  [3, '94fbd0dd836f50301692e6d0eade728ee19ec52bfff1606ed807c8575d5aaa19'],
  [5, '7caa345dbd892a66454d6c6512ea3c3ea3f0d3ec21be3fc2e2375705fd38f672'],
  [255, 'cf66793e6329dff242eb3cee0a6f36ad3e3a196dcc573a1ec775e102be863f1c'],
  [256, 'da6596d95369f5fef322ab8e4e0da3b0b50236aa9c8a3b1d246f7411c9e2e32e'],
  [257, '5c1fdfe835358022f2392de478dbe053fc130cfe1d3a082879a90cf6bf14bf7e'],
  [70000, 'a3920fba7f239a071a9bd10721f1341addefbaededb41c7e24437a9d16bdf00a'],
] as const

/** The inclusion proof of leaf 4 in the tree of 5, and the consistency proof from 3 to 5. */
export const inclusion4of5 = ['l5nzB1F+9RfCIF35tndivzR1ayAJn7ffzOdrzr0nOy4='] as const
export const consistency3to5 = [
  'V8efTzGuApxdS9MLBzwnyU35NDiytGl+Hh7vW8A5SkE=',
  'YcoROfaBWEHVuvLQ0tm9nf7pfImN1ve6DAqpQe5sAes=',
  'WkdmL9ijF9lgSaP59HxV3GfKZgUbqjaD27GbL+CaB7A=',
  'SFM123z+yWXxX/dF/GJcQdXqJkaTaTAWWCj3PdS2iFQ=',
] as const

/** The example of signed-note. */
export const exampleNote = {
  vkey: 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
  text: 'This is an example message.\n',
  line: '\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n',
} as const

/** The keys of seeds that repeat one byte, and what they sign of the checkpoint of size 5. */
export const origin = 'example.com/stele'
export const logSeed = 0x07
export const logVkey = 'example.com/stele+8f3a6f5e+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs'
export const logLine =
  '\u2014 example.com/stele jzpvXqqjiSOgxh1hoYUmIkSGDU+GGOn0CbO0zy3BLzbbzy1s04X0LhPJVUOF1SmMrv2rqpQJX8EmCthRz1c0Q/po8Q4=\n'
export const witnessName = 'witness.example/w1'
export const witnessSeed = 0x08
export const witnessVkey =
  'witness.example/w1+fea3b187+BBOY9ixtGkV8UbpqS189vS9p/KkyFiGNyJl+QWvRfZPK'
export const witnessTimeS = 1795000000
export const witnessLine =
  '\u2014 witness.example/w1 /qOxhwAAAABq/YbA4NGCA6b826c/RKfOuWJCkYz7VqETrO+vufoir0feuW9ATvTMcREYIF6ZWkxkeL3G7AaJwcFsi0/GLC9g2t21DQ==\n'
export const mlDsaName = 'witness.example/pq1'
export const mlDsaSeed = 0x09
export const mlDsaKeySha256 = '1f474e06e67a1538eea15b137249f2acf9d5471bf142f23f9d569a5ad61b161e'
export const mlDsaKeyId = 0xab585b6b
/** The length of what an ML-DSA cosignature of the checkpoint of size 70,000 is over. */
export const mlDsaMessageBytes = 106

/** Index to the groups of a tile's path. */
export const tileNumbers = [
  [0, '000'],
  [67, '067'],
  [999, '999'],
  [1000, 'x001/000'],
  [1234067, 'x001/x234/067'],
] as const
