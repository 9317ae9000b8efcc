// Makes proof bundles: the tree from the sequencer, the values from the store, in turns that let the writes in between.
import type { EntryValue } from '@stele/entries/parts'
import { SteleError } from '@stele/errors'
import type { Sequencer, StoredHead } from '@stele/log'
import type { StateQuery } from '@stele/state'
import { formatBundle } from '@stele/state/bundle'
import { isSameHash, sha256 } from '@stele/tlog/tree'
import type { ServiceStore } from './ports.ts'

/** Bytes of the values in one bundle: anybody may ask, and the engine's thread reads them between two commits. */
export const maxProofValueBytes: number = 16 * 1024 * 1024
/** Rows read before waiting calls get their turn: about 5 ms. */
const rowsPerTurn = 500
/** How often a proof is begun anew because a commit changed what it proves: then the fields are too busy to be proven. */
const maxAttempts = 8

/** What proofs are made of. */
export type ProofPorts = {
  readonly prove: Sequencer['prove']
  readonly head: () => StoredHead
  readonly row: ServiceStore['row']
  readonly breathe: () => Promise<void>
}

/**
 * The bundle that answers the queries, with the values as they were at the head that is proven. Throws
 * `request_invalid` when it would grow too large, and `server_busy` when what it proves changes all the time.
 */
export async function proveValues(
  ports: ProofPorts,
  queries: readonly StateQuery[],
): Promise<Uint8Array> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const { head, proof } = await ports.prove(queries)
    const values = await readValues(ports, proof.asked)
    if (values !== undefined) return formatBundle({ head: head.head, tree: proof.tree, values })
    // A commit came between: prove what holds now.
    if (ports.head() === head) throw new Error('The rows of the state are not those of its trie')
  }
  throw new SteleError('server_busy', {
    reason: 'what is asked for keeps changing',
    retryAfterS: 1,
  })
}

type Asked = Awaited<ReturnType<Sequencer['prove']>>['proof']['asked']

/** The values of the leaves that were asked for, undefined as soon as one of them is no longer the proven one. */
async function readValues(
  { row, breathe }: ProofPorts,
  asked: Asked,
): Promise<readonly EntryValue[] | undefined> {
  const values: EntryValue[] = []
  let sizeBytes = 0
  for (const [object, field, valueHash] of asked) {
    const found = row(object, field)
    if (found === undefined || !isSameHash(hashOf(found), valueHash)) return undefined
    values.push(found.value)
    sizeBytes += 'bytes' in found.value ? found.value.bytes.length : 0
    if (sizeBytes > maxProofValueBytes) {
      const reason = `the values would be over ${maxProofValueBytes} bytes; ask in several requests`
      throw new SteleError('request_invalid', { what: 'the queries', reason })
    }
    if (values.length % rowsPerTurn === 0) await breathe()
  }
  return values
}

/** The hash of the value that would be told, which is more than the row says: nobody may have looked at it before. */
function hashOf({ hash, value }: NonNullable<ReturnType<ServiceStore['row']>>): Uint8Array {
  return 'bytes' in value ? sha256(value.bytes) : hash
}
