// Method, path and Accept to route, with find-my-way. Knows nothing of what routes do.
import { SteleError } from '@stele/errors'
import createFinder from 'find-my-way'
import type { Ask } from './ask.ts'
import type { Draft } from './draft.ts'
import { maxSegmentLength } from './limits.ts'
import { wantsFirst } from './negotiation.ts'

/**
 * One route. Each part of `path` is a text, a parameter or, at the end, a wildcard: `/:name/-/:file`, `/-/log/tile/*`. For each
 * part a text goes before a parameter, and a parameter before a wildcard. HEAD goes where GET goes.
 */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /**
   * Takes only requests whose Accept names this type first, such as `text/html`: browsers do, package managers do not. Of several
   * routes with the same method and the same path, up to the names of parameters, the first that takes the request has it.
   */
  readonly accepts?: string
  /** False where the route only says that nothing is offered there: then `Allow` does not name its method. */
  readonly isOffered?: boolean
  /** Answers strangers too, where all else is for accounts alone: logging in, and whether the server lives. */
  readonly isOpen?: true
  /** A refusal asks for a name and a password, as HTTP has it: many programs send theirs only then. npm would print that instead of the error. */
  readonly asksPassword?: true
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
export type Router = {
  (request: {
    readonly method: string
    readonly path: string
    readonly accept: string | undefined
  }): Found | undefined
  /**
   * What `Allow` says of a path that has no route for the method: the methods that it takes, none where a client must be told that
   * the path is unknown. OPTIONS is always told that.
   */
  readonly allowed: (method: string, path: string) => readonly string[]
}

/** A route and where its parameters stand: each name, and what the finder calls it. */
type Candidate = { readonly route: Route; readonly names: ReadonlyMap<string, string> }

/** A router over these routes. */
export function createRouter(routes: readonly Route[]): Router {
  const finder = createFinder({ maxParamLength: maxSegmentLength, ignoreTrailingSlash: true })
  const byKey = new Map<string, Candidate[]>()
  for (const route of routes) {
    const { shape, names } = shapeOf(route.path)
    const key = `${route.method} ${shape}`
    const others = byKey.get(key)
    if (others !== undefined) others.push({ route, names })
    else {
      byKey.set(key, [{ route, names }])
      finder.on(route.method, shape, () => undefined, key)
    }
  }
  const findRoute = ({ method, path, accept }: Parameters<Router>[0]): Found | undefined => {
    const wanted = method === 'HEAD' ? 'GET' : method
    if (!isMethod(wanted)) return undefined
    const found = finder.find(wanted, path)
    const candidates = found === null ? undefined : byKey.get(String(found.store))
    const chosen = candidates?.find(
      ({ route: { accepts } }) => accepts === undefined || wantsFirst(accept, accepts),
    )
    if (found === null || candidates === undefined || chosen === undefined) return undefined
    const variesByAccept = candidates.some(({ route }) => route.accepts !== undefined)
    return { route: chosen.route, params: paramsOf(chosen, found.params), variesByAccept }
  }
  const takes = (method: Route['method'], path: string): boolean => {
    const found = finder.find(method, path)
    const candidates = found === null ? [] : (byKey.get(String(found.store)) ?? [])
    return candidates.some(
      ({ route }) => route.isOffered !== false && !(isReserved(path) && startsOpen(route)),
    )
  }
  const allowed: Router['allowed'] = (method, path) => {
    if (method === 'OPTIONS') return []
    const taken = methods.filter((one) => takes(one, path))
    // The method itself has a route, for another Accept.
    if (taken.some((one) => one === (method === 'HEAD' ? 'GET' : method))) return []
    return taken.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one]))
  }
  return Object.assign(findRoute, { allowed })
}

/**
 * Neither a package nor below one: `-` is where protocols have their endpoints. Clients probe those, and npm and pnpm go on to the next
 * only after a 404, so that `/:name/:version` must not make every unknown one look like an address that takes GET.
 */
function isReserved(path: string): boolean {
  return /^\/(?:[-_.]|$)/.test(path)
}

/** Its first part takes any text. */
function startsOpen({ path }: Route): boolean {
  return /^\/[:*]/.test(path)
}

/** The path with its parameters numbered, so that two paths of the same form are equal whatever each calls its parts. */
function shapeOf(path: string): { readonly shape: string } & Pick<Candidate, 'names'> {
  const names = new Map([['*', '*']])
  const parts = path.split('/').map((part, index) => {
    if (!part.startsWith(':')) return part
    names.set(part.slice(1), String(index))
    return `:${index}`
  })
  const shape = parts.join('/')
  return { shape: shape === '/' ? shape : shape.replace(/\/$/, ''), names }
}

function paramsOf(
  { names }: Candidate,
  params: Readonly<Record<string, string | undefined>>,
): Params {
  return (name) => {
    const value = params[names.get(name) ?? '']
    if (value === undefined) throw new Error(`The route has no parameter "${name}"`)
    if (value.length > maxSegmentLength) {
      throw new SteleError('request_invalid', { what: 'the path', reason: 'a part is too long' })
    }
    return value
  }
}

const methods = ['GET', 'POST', 'PUT', 'DELETE'] as const satisfies readonly Route['method'][]

function isMethod(method: string): method is Route['method'] {
  return methods.some((one) => one === method)
}
