// What needs no package and no account: ping, and honest refusals (npm-wire A10, V1).

import { SteleError } from '@stele/errors'
import { jsonDraft, type Route } from '@stele/http/routes'
import type { NpmPorts } from './ports.ts'

export function factsRoutes(ports: Pick<NpmPorts, 'log' | 'writesRefused'>): Route[] {
  return [
    {
      method: 'GET',
      path: '/',
      answer: () => jsonDraft(200, { db_name: 'stele', update_seq: ports.log.treeSize() }),
    },
    // Touches nothing, so that it answers while all else is broken. 200 also while writes are refused: installs work, and
    // an error here would take a registry that can be read out of service. "npm ping" prints what the body says.
    {
      method: 'GET',
      path: '/-/ping',
      answer: () => {
        const writesRefused = ports.writesRefused?.()
        return jsonDraft(200, writesRefused === undefined ? {} : { writesRefused }, noStore)
      },
    },
    notOffered('/-/npm/v1/security/advisories/bulk'),
    notOffered('/-/npm/v1/security/audits/quick'),
    notOffered('/-/npm/v1/security/audits'),
  ]
}

const noStore = { 'cache-control': 'no-store' }

/** Nothing is known of advisories here: `{}` would say "no vulnerability", which nobody checked. */
function notOffered(path: string): Route {
  return {
    method: 'POST',
    path,
    answer: () => {
      throw new SteleError('not_offered', { what: 'audit packages' })
    },
  }
}
