// The first entry of a log, and the blobs that it names: the script, and the engine that runs it.
import { hash } from 'node:crypto'
import type { GenesisBody } from '@stele/entries/bodies'
import { defaultLimits, engineBlobs, engines } from '@stele/host'
import { createEd25519Signer } from '@stele/tlog/keys'
import type { ServicePorts } from './ports.ts'

/** A blob with its name, the hex SHA-512. */
export type NamedBlob = { readonly name: string; readonly bytes: Uint8Array }

/** The body of entry 0, and the blobs to keep with it. */
export function genesisOf({
  definition,
  identity,
}: Pick<ServicePorts, 'definition' | 'identity'>): {
  readonly body: GenesisBody
  readonly blobs: readonly NamedBlob[]
} {
  const { origin, operator, seeds } = identity
  if (seeds.root === undefined) throw new Error('A new log needs its root key')
  const script = named(Buffer.from(definition.script()))
  const engine = engines[definition.memory]
  const root = createEd25519Signer(`${origin}/root`, seeds.root)
  const body: GenesisBody = {
    v: 1,
    origin,
    script: script.name,
    engine: engine.name,
    limits: defaultLimits,
    keys: [createEd25519Signer(origin, seeds.log).vkey],
    roots: { keys: [root.vkey], threshold: 1 },
    operator,
  }
  return { body, blobs: [script, ...engineBlobs(engine).map(named)] }
}

function named(bytes: Uint8Array): NamedBlob {
  return { name: hash('sha512', bytes), bytes }
}
