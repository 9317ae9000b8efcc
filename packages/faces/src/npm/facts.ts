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
      isOpen: true,
      answer: () => {
        const writesRefused = ports.writesRefused?.()
        return jsonDraft(200, writesRefused === undefined ? {} : { writesRefused }, noStore)
      },
    },
    ...refusals.flatMap(([what, methods, paths]) =>
      paths.flatMap((path) => methods.map((method) => notOffered(method, path, what))),
    ),
  ]
}

const noStore = { 'cache-control': 'no-store' }

const all = ['GET', 'POST', 'PUT', 'DELETE'] as const

/** What npm's commands ask for, in words, and at which addresses (npm-wire section 9). */
const refusals: readonly [
  what: string,
  methods: readonly Route['method'][],
  paths: readonly string[],
][] = [
  [
    'list or change who has access to packages',
    all,
    [
      '/-/org/:org/package',
      '/-/user/:account/package',
      '/-/team/:org/:team/package',
      '/-/package/:name/access',
      '/-/package/:name/collaborators',
    ],
  ],
  [
    'list or change teams and organizations',
    all,
    ['/-/org/:org/team', '/-/org/:org/user', '/-/team/:org/:team', '/-/team/:org/:team/user'],
  ],
  ['use hooks', all, ['/-/npm/v1/hooks', '/-/npm/v1/hooks/hook', '/-/npm/v1/hooks/hook/:id']],
]

function notOffered(method: Route['method'], path: string, what: string): Route {
  return {
    method,
    path,
    isOffered: false,
    answer: () => {
      throw new SteleError('not_offered', { what })
    },
  }
}
