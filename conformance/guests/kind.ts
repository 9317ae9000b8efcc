// A guest list as a kind of service: all that it takes to have one beside the registry.
import { readFileSync } from 'node:fs'
import { type FaceDefinition, jsonDraft } from '../../packages/http/src/routes.ts'
import type { ServiceClient } from '../../packages/service/src/thread/index.ts'
import { noSettings } from '../../packages/settings/src/index.ts'
import { type FacePorts, wire } from '../../packages/stele/src/services/faces.ts'
import { type ServiceKind, serverPart } from '../../packages/stele/src/services/kind.ts'

type GuestsPart = { readonly guests: () => readonly string[] }

const guestsFace: FaceDefinition<Pick<FacePorts, 'log'> & GuestsPart> = {
  settings: noSettings,
  open: ({ guests, log }) => ({
    routes: [
      {
        method: 'GET',
        path: '/-/guests',
        answer: () => jsonDraft(200, { entries: log.treeSize(), guests: guests() }, {}),
      },
    ],
  }),
}

let newest: ServiceClient | undefined

/** What the tests ask the service itself. */
export const guestsServer = {
  newest: (): ServiceClient => {
    if (newest === undefined) throw new Error('No guest list was opened')
    return newest
  },
}

/** It keeps its memory between calls, and derives nothing from its log. */
export const guestsKind: ServiceKind<GuestsPart> = {
  name: 'guests',
  definition: {
    script: () => readFileSync(new URL('script.js', import.meta.url), 'utf8'),
    memory: 'kept',
  },
  projections: async () => () => [],
  server: async () =>
    serverPart([wire(guestsFace)], async ({ client, reads }) => {
      newest = client
      return { guests: () => reads.log.list('/guests') }
    }),
}
