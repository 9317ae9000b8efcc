// What people see at the addresses of the JS Registry: what it is, and its packs to look through. Programs get JSON there.
import { type Ask, type Draft, jsonDraft, type Route } from '@stele/http/routes'
import { maxBeginningsShown, maxListedPackages, packsOnPage } from '../limits.ts'
import { htmlDraft } from '../web/html.ts'
import { homePath } from './addresses.ts'
import { formatHome } from './home-page.ts'
import { packsPath, readPacks } from './packs.ts'
import { formatPacksPage } from './packs-page.ts'
import type { JsRegistryPorts } from './ports.ts'

type Ports = Pick<JsRegistryPorts, 'registry'>

/** Pages for whose Accept names HTML first. */
export function pageRoutes(
  ports: Ports,
  settings: { readonly hasDistributions: boolean },
): Route[] {
  const showPacks = async (ask: Ask): Promise<Draft> => {
    const found = await readPacks(ask, ports, packsOnPage)
    const filter = ask.query.get('filter') ?? ''
    const sort = ask.query.get('sort') ?? ''
    return htmlDraft(formatPacksPage({ home: homeUrl(ask), ...settings, ...found, filter, sort }))
  }
  return [
    {
      method: 'GET',
      path: homePath,
      accepts: 'text/html',
      answer: (ask) => htmlDraft(formatHome({ ...placesOf(ask, ports), ...settings })),
    },
    { method: 'GET', path: homePath, answer: (ask) => jsonDraft(200, facts(homeUrl(ask))) },
    { method: 'GET', path: packsPath, accepts: 'text/html', answer: showPacks },
  ]
}

function homeUrl({ baseUrl }: Ask): string {
  return `${baseUrl().replace(/\/+$/, '')}${homePath}`
}

/** Where everything is. */
function facts(home: string): object {
  return { root: `${home}/root`, packs: `${home}/packs`, upload: `${home}/upload` }
}

function placesOf(
  ask: Ask,
  { registry }: Ports,
): { readonly home: string; readonly total: number; readonly beginnings: readonly string[] } {
  const { total, found } = registry.listed(maxListedPackages)
  const beginnings = new Set(found.map(({ name }) => beginningOf(name)))
  return { home: homeUrl(ask), total, beginnings: [...beginnings].slice(0, maxBeginningsShown) }
}

/** `@scope/`, or the first letter. */
function beginningOf(name: string): string {
  return name.slice(0, name.startsWith('@') ? name.indexOf('/') + 1 : 1)
}
