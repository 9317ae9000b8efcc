// What needs no package and no account: ping, and honest refusals (npm-wire A10, V1).

import { SteleError } from '@stele/errors'
import { jsonDraft, type Route } from '@stele/http/routes'

export function factsRoutes(): Route[] {
  return [
    // Touches nothing, so that it answers while all else is broken.
    { method: 'GET', path: '/-/ping', answer: () => jsonDraft(200, {}, noStore) },
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
