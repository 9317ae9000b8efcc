// Proofs of the state, in batches (spec/state.md "Proofs").
import { parseQueries } from '@stele/state'
import type { Draft } from '../draft.ts'
import { maxProofRequestBytes } from '../limits.ts'
import type { AppPorts } from '../ports.ts'
import type { Route } from '../router.ts'

/** POST /-/stele/proof: up to 5,000 queries; the answer is one proof bundle at the newest head. */
export function proofRoutes(ports: Pick<AppPorts, 'prove'>): Route[] {
  return [
    {
      method: 'POST',
      path: '/-/stele/proof',
      answer: async (asked): Promise<Draft> => {
        const queries = parseQueries(await asked.json(maxProofRequestBytes))
        return { status: 200, headers, body: await ports.prove(queries) }
      },
    },
  ]
}

const headers = {
  'content-type': 'application/octet-stream',
  'cache-control': 'no-store',
  'access-control-allow-origin': '*',
}
