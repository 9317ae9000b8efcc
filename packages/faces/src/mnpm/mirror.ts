// What mnpm's server did before there were mirrors: a listing of each module, and its tarballs.
import { SteleError } from '@stele/errors'
import { type PackageName, parsePackageName } from '@stele/formats/names'
import type { Ask, Draft, Route } from '@stele/http/routes'
import { tarballFile } from '@stele/releases/release'
import { showTarball } from '../npm/tarball.ts'
import { htmlDraft } from '../web/html.ts'
import type { MnpmPorts } from './ports.ts'

type Ports = Pick<MnpmPorts, 'registry' | 'log'>

export function mirrorRoutes(ports: Ports): Route[] {
  return [
    {
      method: 'GET',
      path: '/:module',
      answer: (ask, params) => showListing(parsePackageName(params('module')), ask, ports),
    },
    {
      method: 'GET',
      path: '/:module/:file',
      answer: (ask, params) => {
        const [name, file] = [parsePackageName(params('module')), params('file')]
        const [start, end] = [`${bareName(name)}-v`, '.tgz']
        if (!file.startsWith(start) || !file.endsWith(end))
          throw new SteleError('not_found', { what: `the file "${file}"` })
        const version = file.slice(start.length, -end.length)
        return showTarball({ name, file: tarballFile(name, version), client: ask.client }, ports)
      },
    },
  ]
}

/** The tarballs as web servers list a folder: mnpm's client reads the versions out of such a page. */
async function showListing(name: PackageName, ask: Ask, { registry }: Ports): Promise<Draft> {
  await registry.prepare(name, 'abbreviated', ask.client)
  const versions = registry.versions(name)
  if (versions === undefined) throw registry.missing(name)
  const bare = bareName(name)
  const links = versions.map((version) => {
    const file = `${bare}-v${version}.tgz`
    return `<li><a href="/${name}/${encodeURIComponent(file)}">${file}</a></li>`
  })
  return htmlDraft(
    `<!doctype html><title>${name}</title><h1>${name}</h1><ul>${links.join('\n')}</ul>\n`,
  )
}

function bareName(name: PackageName): string {
  return name.slice(name.indexOf('/') + 1)
}
