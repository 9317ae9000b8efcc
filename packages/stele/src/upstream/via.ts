// Registries that ask each other must not ask for ever: each question to an upstream names those on whose behalf it is asked,
// and one that comes back to where it began is refused.
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { SteleError } from '@stele/errors'
import type { App } from '@stele/http'
import { maxHops } from './limits.ts'

/** Not `Via`: servers turn compression off for proxies. */
const header = 'x-stele-via'
const own = randomBytes(8).toString('hex')
/** Those that asked for what is going on, in their order; of requests that came from another registry. */
const chains = new AsyncLocalStorage<readonly string[]>()

/** The app, which remembers of each request whom it came through. */
export function passVia(app: App): App {
  const answer: App = (incoming) => {
    const text = incoming.headers[header]
    return text === undefined ? app(incoming) : chains.run(parseChain(text), () => app(incoming))
  }
  return Object.assign(answer, app.upgrades === undefined ? {} : { upgrades: app.upgrades })
}

/** What is said with a question to an upstream. */
export function viaHeaders(): { readonly [name: string]: string } {
  return { [header]: [...(chains.getStore() ?? []), own].join(' ') }
}

/** Throws upstream_loop where the request that is being answered came from here, or through too many. */
export function refuseLoop(upstream: string | undefined, what: string): void {
  const chain = chains.getStore()
  if (chain === undefined || upstream === undefined) return
  if (chain.includes(own) || chain.length >= maxHops) {
    throw new SteleError('upstream_loop', { upstream, what: `"${what}"` })
  }
}

/** Anybody may have written it: what is not of the form is no name, but counts. */
function parseChain(text: string): readonly string[] {
  return text.split(' ', maxHops).map((one) => (/^[0-9a-f]{16}$/.test(one) ? one : 'unknown'))
}
