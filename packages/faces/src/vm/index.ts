// What a service shows of itself: its page, its files, its calls.
import { filesRoot, logRoot } from '@stele/entries/paths'
import type { JsonObject } from '@stele/formats/json'
import { type FaceDefinition, jsonDraft, type Route } from '@stele/http/routes'
import { noSettings } from '@stele/settings'
import { healthRoute } from '../health/health-route.ts'
import { maxServicesShown } from '../limits.ts'
import { htmlDraft } from '../web/html.ts'
import { callsRoutes } from './calls.ts'
import { filesRoutes } from './files.ts'
import { formatServicePage } from './pages.ts'
import type { VmPorts } from './ports.ts'

export type { VmPorts } from './ports.ts'

/** The pages of a service that a script makes. */
export const vmFace: FaceDefinition<VmPorts> = {
  settings: noSettings,
  open: (ports) => ({
    routes: [
      ...homeRoutes(ports),
      ...filesRoutes(ports),
      ...callsRoutes(ports),
      healthRoute(ports),
    ],
  }),
}

function homeRoutes(ports: VmPorts): Route[] {
  const { title, origin } = ports
  return [
    {
      method: 'GET',
      path: '/',
      accepts: 'text/html',
      answer: async (ask) => {
        const methods = await ports.methods()
        const facts = { title, origin, methods, entries: ports.treeSize(), script: ports.script() }
        const services = ports.services()
        return htmlDraft(formatServicePage({ ...facts, services, baseUrl: ask.baseUrl() }))
      },
    },
    {
      method: 'GET',
      path: '/',
      answer: async (ask) => {
        const url = ask.baseUrl()
        return jsonDraft(200, {
          title,
          origin,
          methods: await ports.methods(),
          callLogUrl: url + logRoot,
          filesArchiveUrl: url + filesRoot,
          ...servicesMember(url, ports),
        })
      },
    },
  ]
}

/** What it has made, nothing where it has made none. */
function servicesMember(url: string, ports: VmPorts): JsonObject {
  const services = ports.services()
  if (services.length === 0) return {}
  const shown = services.slice(0, maxServicesShown).map(({ path, title }) => {
    return path === '' ? { title } : { title, url: `${url}/${path}/` }
  })
  return { services: shown }
}
