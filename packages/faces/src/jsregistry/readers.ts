// Who reads the tree: clients of npm's family want each version written out, everyone else is given addresses of versions.
import { abbreviatedType } from '@stele/formats/manifest'
import type { Ask } from '@stele/http/routes'

/** The headers that decide it, for `Vary`. */
export const readerHeaders = 'Accept, User-Agent, npm-command'

/**
 * True for npm's family. npm's Accept for a package is the one of CommonJS, so that only what it says of itself tells it apart.
 */
export function isNpmFamily({ headers }: Pick<Ask, 'headers'>): boolean {
  if (headers['npm-command'] !== undefined) return true
  if (headers['accept']?.includes(abbreviatedType) === true) return true
  // yarn 4 names nothing but its HTTP client. What that client gets is right for CommonJS too.
  return /(?:^|[\s;(])(?:npm|pnpm|yarn|bun|stele)\/|^got \(/i.test(headers['user-agent'] ?? '')
}

/** Whether distribution files are to be told of: as `?dist=` says, else to npm's family. */
export function wantsDist(ask: Pick<Ask, 'headers' | 'query'>): boolean {
  const said = ask.query.get('dist')
  if (said === 'true') return true
  return said === 'false' ? false : isNpmFamily(ask)
}
