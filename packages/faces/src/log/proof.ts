// Proofs of the state, in batches (spec/state.md "Proofs").
import type { Draft, Route } from '@stele/http/routes'
import { parseQueries } from '@stele/state'
import { auditHeaders } from './audit-headers.ts'
import type { LogPorts } from './ports.ts'

/** POST /-/stele/proof: up to 5,000 queries, as they are, in 1 MiB; the answer is one proof bundle at the newest head. */
export function proofRoutes(ports: Pick<LogPorts, 'prove' | 'isPublic'>): Route[] {
  const headers = { ...ownHeaders, ...auditHeaders(ports.isPublic) }
  return [
    {
      method: 'POST',
      path: '/-/stele/proof',
      answer: async (ask): Promise<Draft> => {
        const queries = parseQueries(await ask.json({ uncoded: true }))
        return { status: 200, headers, body: await ports.prove(queries) }
      },
    },
  ]
}

const ownHeaders = {
  'content-type': 'application/octet-stream',
  'cache-control': 'no-store',
}
