// Vectors of our own, for the formats whose documents give none: a whole witness request, a proof file, a policy. They
// are of the tree of five entries in log-vectors.ts, and of keys whose seeds repeat one byte (w1: 8, w2: 18, w3: 28 hex).

const checkpointText: string = `example.com/stele
5
fKo0Xb2JKmZFTWxlEuo8PqPw0+whvj/C4jdXBf049nI=
`
const logLine =
  '\u2014 example.com/stele jzpvXqqjiSOgxh1hoYUmIkSGDU+GGOn0CbO0zy3BLzbbzy1s04X0LhPJVUOF1SmMrv2rqpQJX8EmCthRz1c0Q/po8Q4=\n'
const witnessLine =
  '\u2014 witness.example/w1 /qOxhwAAAABq/YbA4NGCA6b826c/RKfOuWJCkYz7VqETrO+vufoir0feuW9ATvTMcREYIF6ZWkxkeL3G7AaJwcFsi0/GLC9g2t21DQ==\n'

/**
 * The checkpoint of size 5: its text, signed by the log, and cosigned by w1 at 1795000000 as well.
 */
export const checkpoint: {
  readonly text: string
  readonly signed: string
  readonly cosigned: string
} = {
  text: checkpointText,
  signed: `${checkpointText}\n${logLine}`,
  cosigned: `${checkpointText}\n${logLine}${witnessLine}`,
}

/** The body of add-checkpoint for a witness that last cosigned size 3. */
export const addCheckpointBody: string = `old 3
V8efTzGuApxdS9MLBzwnyU35NDiytGl+Hh7vW8A5SkE=
YcoROfaBWEHVuvLQ0tm9nf7pfImN1ve6DAqpQe5sAes=
WkdmL9ijF9lgSaP59HxV3GfKZgUbqjaD27GbL+CaB7A=
SFM123z+yWXxX/dF/GJcQdXqJkaTaTAWWCj3PdS2iFQ=

${checkpoint.signed}`

/** The proof file of leaf 2 in the tree of 5, with the extra data "extra". */
export const proofFile: string = `c2sp.org/tlog-proof@v1
extra ZXh0cmE=
index 2
YcoROfaBWEHVuvLQ0tm9nf7pfImN1ve6DAqpQe5sAes=
WkdmL9ijF9lgSaP59HxV3GfKZgUbqjaD27GbL+CaB7A=
SFM123z+yWXxX/dF/GJcQdXqJkaTaTAWWCj3PdS2iFQ=

${checkpoint.cosigned}`

export const vkeys = {
  log: 'example.com/stele+8f3a6f5e+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs',
  w1: 'witness.example/w1+fea3b187+BBOY9ixtGkV8UbpqS189vS9p/KkyFiGNyJl+QWvRfZPK',
  w2: 'witness.example/w2+ca8ec1a4+BFNHCWJVim4IOQIq5lxrJyOzJ3LlwMX0d2y45qPhC6Lz',
  w3: 'witness.example/w3+4e5a5346+BOkutgVP6bxoKhvPO3WfZas4pM+9gcTR8zQuTMnN7YsL',
} as const

/**
 * A policy of every kind of line, with comments, tabs, empty lines and a space at the end of one.
 */
export const policyText: string = `# Who may sign
log ${vkeys.log} https://example.com/stele/

\twitness \t alpha ${vkeys.w1} https://witness.example/
witness beta ${vkeys.w2}
  # non-ASCII names are opaque
witness γ ${vkeys.w3}
group inner any beta γ\u0020
group outer all alpha inner
quorum outer
`
