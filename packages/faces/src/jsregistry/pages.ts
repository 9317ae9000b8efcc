// What people see at the addresses of the JS Registry: what it is, and its packs to look through. Programs get JSON there.
import { parsePackageName } from '@stele/formats/names'
import { type Ask, type Draft, jsonDraft, type Route } from '@stele/http/routes'
import { maxBeginningsShown, maxListedPackages, packsOnPage } from '../limits.ts'
import { htmlDraft } from '../web/html.ts'
import { homePath } from './addresses.ts'
import { formatHome } from './home-page.ts'
import { allNames, findLocated } from './located.ts'
import { packsPath, type ReadPacks } from './packs.ts'
import { formatPacksPage } from './packs-page.ts'
import type { JsRegistryPorts } from './ports.ts'

type Ports = Pick<JsRegistryPorts, 'registry' | 'located'>

/** Pages for whose Accept names HTML first. */
export function pageRoutes(
  ports: Ports & { readonly readPacks: ReadPacks },
  settings: { readonly hasDistributions: boolean },
): Route[] {
  const showPacks = async (ask: Ask): Promise<Draft> => {
    const found = await ports.readPacks(ask, packsOnPage)
    const filter = ask.query.get('filter') ?? ''
    const sort = ask.query.get('sort') ?? ''
    const hasFiles = (name: string, version: string): boolean => {
      const located = findLocated(ports, parsePackageName(name), version)
      return settings.hasDistributions && (!located || located.one.distribution !== undefined)
    }
    return htmlDraft(formatPacksPage({ home: homeUrl(ask), hasFiles, ...found, filter, sort }))
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
  ports: Ports,
): { readonly home: string; readonly total: number; readonly beginnings: readonly string[] } {
  const names = allNames(ports)
  const listed = ports.registry.listed(maxListedPackages)
  const total = listed.total + names.length - listed.found.length
  const beginnings = new Set(names.map(beginningOf))
  return { home: homeUrl(ask), total, beginnings: [...beginnings].slice(0, maxBeginningsShown) }
}

/** `@scope/`, or the first letter. */
function beginningOf(name: string): string {
  return name.slice(0, name.startsWith('@') ? name.indexOf('/') + 1 : 1)
}
