// Where an upstream may send us: to its own host and to those that the operator named, and nowhere else. Everything that
// it answers was written by strangers, and this server may reach hosts that they cannot.
import { SteleError } from '@stele/errors'
import { maxRedirects } from './limits.ts'
import type { Answer, Get, Upstream } from './ports.ts'

/** What is asked for. `what` is how errors call it. */
export type Question = {
  readonly url: string
  readonly what: string
  readonly headers: { readonly [name: string]: string }
}

/** The answer at the end of all redirects. Throws upstream_answer_odd for one that leads elsewhere. */
export async function getFollowing(
  get: Get,
  upstream: Upstream,
  { url, what, headers }: Question,
): Promise<Answer> {
  let at = url
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const answer = await get({ url: at, headers: { ...headers, ...authorizationOf(upstream, at) } })
    const location = redirectOf(answer)
    if (location === undefined) return answer
    answer.cancel()
    at = placeOf(upstream, { from: at, to: location, what, verb: 'redirects to' })
  }
  throw odd(what, `it redirects more than ${maxRedirects} times`)
}

/** What `verb` says of an address: `redirects to`. */
type Way = {
  readonly from: string
  readonly to: string
  readonly what: string
  readonly verb: string
}

/** The address, if the upstream may send us there. Throws upstream_answer_odd. */
export function placeOf(upstream: Upstream, { from, to, what, verb }: Way): string {
  const own = new URL(upstream.url)
  const at = URL.canParse(to, from) ? new URL(to, from) : undefined
  if (at === undefined || (at.protocol !== 'http:' && at.protocol !== 'https:')) {
    throw odd(what, `it ${verb} "${to}", which is no web address`)
  }
  if (at.host === own.host) {
    if (own.protocol === 'https:') at.protocol = own.protocol // It may not know that it is reached so.
    return at.href
  }
  if (upstream.tarballHosts.includes(at.host)) return at.href
  throw odd(what, `it ${verb} "${at.host}", which is not among the upstream's "tarballHosts"`)
}

/** What the upstream knows us by: shown to itself alone. */
function authorizationOf(
  { url, authorization }: Upstream,
  at: string,
): { readonly [name: string]: string } {
  const isOwn = new URL(url).origin === new URL(at).origin
  return authorization === '' || !isOwn ? {} : { authorization }
}

function redirectOf({ status, headers }: Answer): string | undefined {
  return [301, 302, 303, 307, 308].includes(status) ? headers['location'] : undefined
}

function odd(what: string, reason: string): SteleError {
  return new SteleError('upstream_answer_odd', { name: what, reason })
}
