// Everything that changes a package by its document: publish, deprecate, star, owners, unpublish (npm-wire sections 5 and 6).
import { type PackageName, parsePackageName } from '@stele/formats/names'
import { type Ask, type Draft, jsonDraft, type Params, type Route } from '@stele/http/routes'
import type { Access } from '../access.ts'
import type { NpmPorts } from './ports.ts'
import type { NpmSettings } from './settings.ts'

type Ports = Pick<NpmPorts, 'registry'> & { readonly settings: NpmSettings }

/** PUT and DELETE of documents and tarballs. Who asks is known before a byte of the body is read. */
export function publishRoutes(ports: Ports, access: Access): Route[] {
  const put = (ask: Ask, params: Params, rev?: string): Promise<Draft> =>
    putDocument(ask, { name: parsePackageName(params('name')), rev }, { ports, access })
  return [
    { method: 'PUT', path: '/:name', answer: (ask, params) => put(ask, params) },
    {
      method: 'PUT',
      path: '/:name/-rev/:rev',
      answer: (ask, params) => put(ask, params, params('rev')),
    },
    {
      method: 'DELETE',
      path: '/:name/-rev/:rev',
      answer: async (ask, params) => {
        const account = await access.needWriter(ask)
        const name = parsePackageName(params('name'))
        await ports.registry.removePackage(account, name, params('rev'))
        return jsonDraft(200, { ok: true, id: name })
      },
    },
    {
      method: 'DELETE',
      path: '/:name/-/:file/-rev/:rev',
      answer: async (ask, params) => {
        const account = await access.needWriter(ask)
        const name = parsePackageName(params('name'))
        const file = params('file')
        await ports.registry.removeTarball(account, name, { file, rev: params('rev') })
        return jsonDraft(200, { ok: true, id: name })
      },
    },
  ]
}

async function putDocument(
  ask: Ask,
  target: { readonly name: PackageName; readonly rev: string | undefined },
  tools: { readonly ports: Ports; readonly access: Access },
): Promise<Draft> {
  const { registry, settings } = tools.ports
  const { name } = target
  const account = await tools.access.needWriter(ask)
  const body = await ask.body(settings.maxUploadBytes)
  const put = await registry.put({ account, client: ask.client, name, body, rev: target.rev })
  if (put.did === 'publish') {
    const { spec, isRepeat, entry, timeMs } = put
    if (!isRepeat) ask.notes['published'] = spec
    const time = new Date(timeMs).toISOString()
    return jsonDraft(isRepeat ? 200 : 201, { ok: true, id: name, entry, time })
  }
  const { rev } = put
  // yarn 1 looks for `success`.
  return jsonDraft(200, {
    ok: true,
    success: true,
    id: name,
    ...(rev === undefined ? {} : { rev }),
  })
}
