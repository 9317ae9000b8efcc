// Everything that changes a package by its document: publish, deprecate, star, owners, unpublish (npm-wire sections 5 and 6).

import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type PackageName, parsePackageName } from '@stele/formats'
import { type Asked, type Draft, jsonDraft, type Params, type Route } from '@stele/http/routes'
import type { Access } from '../access.ts'
import { defaultMaxUploadBytes, maxDocumentValues } from '../limits.ts'
import type { FacePorts } from '../ports.ts'

type Ports = Pick<FacePorts, 'registry' | 'settings'>

/** PUT and DELETE of documents and tarballs. Who asks is known before a byte of the body is read. */
export function publishRoutes(ports: Ports, access: Access): Route[] {
  const put = (asked: Asked, params: Params, rev?: string): Promise<Draft> =>
    putDocument(asked, { name: parsePackageName(params('name')), rev }, { ports, access })
  return [
    { method: 'PUT', path: '/:name', answer: (asked, params) => put(asked, params) },
    {
      method: 'PUT',
      path: '/:name/-rev/:rev',
      answer: (asked, params) => put(asked, params, params('rev')),
    },
    {
      method: 'DELETE',
      path: '/:name/-rev/:rev',
      answer: async (asked, params) => {
        const account = await access.needWriter(asked)
        const name = parsePackageName(params('name'))
        await ports.registry.removePackage(account, name, params('rev'))
        return jsonDraft(200, { ok: true, id: name })
      },
    },
    {
      method: 'DELETE',
      path: '/:name/-/:file/-rev/:rev',
      answer: async (asked, params) => {
        const account = await access.needWriter(asked)
        const name = parsePackageName(params('name'))
        const file = params('file')
        await ports.registry.removeTarball(account, name, { file, rev: params('rev') })
        return jsonDraft(200, { ok: true, id: name })
      },
    },
  ]
}

async function putDocument(
  asked: Asked,
  target: { readonly name: PackageName; readonly rev: string | undefined },
  tools: { readonly ports: Ports; readonly access: Access },
): Promise<Draft> {
  const { registry, settings } = tools.ports
  const { name } = target
  const account = await tools.access.needWriter(asked)
  const document = await asked.object({
    bytes: settings.maxUploadBytes ?? defaultMaxUploadBytes,
    values: maxDocumentValues,
  })
  checkNames(document, name)
  if (target.rev === undefined && hasAttachments(document)) {
    const { isRepeat, entry, timeMs } = await registry.publish(account, name, document)
    const time = new Date(timeMs).toISOString()
    return jsonDraft(isRepeat ? 200 : 201, { ok: true, id: name, entry, time })
  }
  const { rev } = await registry.changeDocument(account, name, { rev: target.rev, document })
  return jsonDraft(200, { ok: true, id: name, ...(rev === undefined ? {} : { rev }) })
}

/** Name in the address and in the body must agree (B4). */
function checkNames(document: JsonObject, name: PackageName): void {
  for (const member of ['_id', 'name']) {
    const said = document[member]
    if (said === undefined || said === name) continue
    throw new SteleError('request_invalid', {
      what: `"${member}" of the request body`,
      reason: `it is ${JSON.stringify(said).slice(0, 240)}, and the address says "${name}"`,
    })
  }
}

function hasAttachments(document: JsonObject): boolean {
  const attachments = document['_attachments']
  return isJsonObject(attachments) && Object.keys(attachments).length > 0
}
