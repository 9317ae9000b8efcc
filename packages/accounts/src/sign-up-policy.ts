// Whether a stranger may make an account: a pure function of the settings and of what the request shows.
import { isLoopback, isLoopbackHost } from '@stele/formats/networks'

/** What the operator configured, and where the server listens. */
export type SignUpSettings = {
  readonly signUp: 'auto' | 'open' | 'closed'
  /** The server listens on loopback addresses alone. */
  readonly listensOnLoopback: boolean
  /** A public address or a trusted proxy is configured. */
  readonly isPublished: boolean
}

/** What the request shows. */
export type SignUpFacts = {
  /** The address at the other end of the connection. */
  readonly peer: string
  /** The Host header, with or without a port. */
  readonly host: string | undefined
  /** `1.0` or `1.1`. */
  readonly httpVersion: string
  /** Names of the request's headers, in lower case. */
  readonly headerNames: readonly string[]
}

/** The answer, with the reason for a no. */
export type SignUpDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: string }

/**
 * Whether the request may make an account. Unless the operator said `open` or `closed`, only a program on this very
 * machine may: the server listens on loopback, nothing is published, and nothing shows that a proxy passed it on.
 */
export function signUpAllowed(settings: SignUpSettings, facts: SignUpFacts): SignUpDecision {
  if (settings.signUp === 'open') return { allowed: true }
  if (settings.signUp === 'closed') return no('it is closed on this registry')
  if (!settings.listensOnLoopback)
    return no('it is closed, since other machines can reach this registry')
  if (settings.isPublished) return no('it is closed, since this registry has a public address')
  const forwarding = facts.headerNames.find(showsProxy)
  if (forwarding !== undefined) {
    return no(`it is closed to requests that came through a proxy (header "${forwarding}")`)
  }
  // No package manager speaks HTTP/1.0; nginx does, unless it is told otherwise, and shows itself in nothing else.
  if (facts.httpVersion === '1.0') {
    return no('it is closed to requests that came through a proxy (HTTP/1.0)')
  }
  if (!isLoopback(facts.peer)) return no('it is closed to other machines')
  // A page in a browser can point its own name at 127.0.0.1; then its name stands in Host.
  if (!isLoopbackHost(facts.host)) return no('it is closed to requests under another host name')
  return { allowed: true }
}

const proxyHeaders = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'client-ip',
  'proxy-connection',
])

function showsProxy(name: string): boolean {
  return proxyHeaders.has(name) || name.startsWith('x-forwarded') || name.startsWith('x-original-')
}

function no(reason: string): SignUpDecision {
  return { allowed: false, reason }
}
