// Method, path and Accept to route, with find-my-way. Knows nothing of what routes do.
import { SteleError } from '@stele/errors'
import createFinder from 'find-my-way'
import type { Ask } from './ask.ts'
import type { Draft } from './draft.ts'
import { maxSegmentLength } from './limits.ts'
import { wantsFirst } from './negotiation.ts'

/** One route. `path` in find-my-way's form: `/:name/-/:file`. HEAD goes where GET goes. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /**
   * Takes only requests whose Accept names this type first, such as `text/html`: browsers do, package managers do not. Of several
   * routes with the same method and path the first one that takes the request has it.
   */
  readonly accepts?: string
  readonly answer: (ask: Ask, params: Params) => Draft | Promise<Draft>
}

/** A route's parameters, percent-decoded once. Asking for one that the path does not name is a bug. */
export type Params = (name: string) => string

/** A route that was found. */
type Found = {
  readonly route: Route
  readonly params: Params
  /** Another Accept may lead elsewhere. */
  readonly variesByAccept: boolean
}

/** The route and parameters of a request; undefined when there is none. */
export type Router = (request: {
  readonly method: string
  readonly path: string
  readonly accept: string | undefined
}) => Found | undefined

/** A router over these routes. */
export function createRouter(routes: readonly Route[]): Router {
  const finder = createFinder({ maxParamLength: maxSegmentLength, ignoreTrailingSlash: true })
  const byKey = new Map<string, Route[]>()
  for (const route of routes) {
    const key = `${route.method} ${route.path}`
    const others = byKey.get(key)
    if (others !== undefined) others.push(route)
    else {
      byKey.set(key, [route])
      finder.on(route.method, route.path, () => undefined, key)
    }
  }
  return ({ method, path, accept }) => {
    const wanted = method === 'HEAD' ? 'GET' : method
    if (!isMethod(wanted)) return undefined
    const found = finder.find(wanted, path)
    const candidates = found === null ? undefined : byKey.get(String(found.store))
    const route = candidates?.find(
      ({ accepts }) => accepts === undefined || wantsFirst(accept, accepts),
    )
    if (found === null || candidates === undefined || route === undefined) return undefined
    const variesByAccept = candidates.some(({ accepts }) => accepts !== undefined)
    return { route, params: paramsOf(found.params), variesByAccept }
  }
}

function paramsOf(params: Readonly<Record<string, string | undefined>>): Params {
  return (name) => {
    const value = params[name]
    if (value === undefined) throw new Error(`The route has no parameter "${name}"`)
    if (value.length > maxSegmentLength) {
      throw new SteleError('request_invalid', { what: 'the path', reason: 'a part is too long' })
    }
    return value
  }
}

function isMethod(method: string): method is Route['method'] {
  return method === 'GET' || method === 'POST' || method === 'PUT' || method === 'DELETE'
}
