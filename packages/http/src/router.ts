// Method and path to route, with find-my-way. Knows nothing of what routes do.
import { SteleError } from '@stele/errors'
import createFinder from 'find-my-way'
import type { Asked } from './asked.ts'
import type { Draft } from './draft.ts'
import { maxSegmentLength } from './limits.ts'

/** One route. `path` in find-my-way's form: `/:name/-/:file`. HEAD goes where GET goes. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly answer: (asked: Asked, params: Params) => Draft | Promise<Draft>
}

/** A route's parameters, percent-decoded once. Asking for one that the path does not name is a bug. */
export type Params = (name: string) => string

/** The route and parameters of a request; undefined when there is none. */
export type Router = (
  method: string,
  path: string,
) => { readonly route: Route; readonly params: Params } | undefined

/** A router over these routes. */
export function createRouter(routes: readonly Route[]): Router {
  const finder = createFinder({ maxParamLength: maxSegmentLength, ignoreTrailingSlash: true })
  const byKey = new Map<string, Route>()
  for (const route of routes) {
    const key = `${route.method} ${route.path}`
    byKey.set(key, route)
    finder.on(route.method, route.path, () => undefined, key)
  }
  return (method, path) => {
    const wanted = method === 'HEAD' ? 'GET' : method
    if (!isMethod(wanted)) return undefined
    const found = finder.find(wanted, path)
    const route = found === null ? undefined : byKey.get(String(found.store))
    if (found === null || route === undefined) return undefined
    // There is a package named "-", but below /-/ lie routes, not its versions.
    if (route.path === '/:name/:version' && found.params['name'] === '-') return undefined
    return { route, params: paramsOf(found.params) }
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
