// What npm's clients ask for besides packages, below whatever address they install from: logging in, tags, owners, search, advisories. What
// they publish goes to the registry's own address, as they are told.
import { SteleError } from '@stele/errors'
import type { Route } from '@stele/http/routes'
import type { Access } from '../access.ts'
import { commandRoutes } from '../npm/commands.ts'
import { treePath } from './addresses.ts'
import type { JsRegistryPorts } from './ports.ts'

export function npmCommandRoutes(ports: JsRegistryPorts, access: Access): Route[] {
  return [
    ...commandRoutes(ports, access)
      .filter(({ path }) => path.startsWith('/-/'))
      .map((route) => ({ ...route, path: `${treePath}${route.path}` })),
    ...changes.map(([method, path]) => refusal(method, path)),
  ]
}

/** How npm publishes, deprecates and unpublishes. */
const changes = [
  ['PUT', '/:name'],
  ['PUT', '/:name/-rev/:rev'],
  ['DELETE', '/:name/-rev/:rev'],
  ['DELETE', '/:name/-/:file/-rev/:rev'],
] as const

function refusal(method: Route['method'], path: string): Route {
  return {
    method,
    path: `${treePath}${path}`,
    isOffered: false,
    answer: (ask) => {
      const address = `${ask.baseUrl().replace(/\/+$/, '')}/`
      throw new SteleError('not_offered', {
        what: 'change packages below the tree of the JS Registry',
        reason: `it is for installing. Add "--registry ${address}" to the command`,
      })
    },
  }
}
