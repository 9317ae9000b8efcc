// Dist-tags of a package (npm-wire D1).

import { SteleError } from '@stele/errors'
import { parsePackageName, parseTag, parseVersion } from '@stele/formats/names'
import { type Ask, type Draft, jsonDraft, type Params, type Route } from '@stele/http/routes'
import type { Access } from '../access.ts'
import type { NpmPorts } from './ports.ts'

type Tools = { readonly ports: Pick<NpmPorts, 'registry'>; readonly access: Access }

const listPath = '/-/package/:name/dist-tags'
const tagPath = `${listPath}/:tag`

export function tagRoutes(ports: Pick<NpmPorts, 'registry'>, access: Access): Route[] {
  const tools: Tools = { ports, access }
  const set: Route['answer'] = (ask, params) => setTag(ask, params, tools)
  return [
    { method: 'GET', path: listPath, answer: (ask, params) => showTags(ask, params, tools) },
    { method: 'PUT', path: tagPath, answer: set },
    { method: 'POST', path: tagPath, answer: set },
    { method: 'DELETE', path: tagPath, answer: (ask, params) => removeTag(ask, params, tools) },
  ]
}

async function showTags(ask: Ask, params: Params, { ports }: Tools): Promise<Draft> {
  const name = parsePackageName(params('name'))
  await ports.registry.prepare(name, 'abbreviated', ask.client)
  const tags = ports.registry.tags(name)
  if (tags === undefined) throw ports.registry.missing(name)
  return jsonDraft(200, tags)
}

/** The body is a JSON string: the version. */
async function setTag(ask: Ask, params: Params, { ports, access }: Tools): Promise<Draft> {
  const account = await access.needWriter(ask)
  const name = parsePackageName(params('name'))
  const tag = parseTag(params('tag'))
  const version = await ask.json()
  if (typeof version !== 'string') {
    const reason = 'it is not a JSON string with a version'
    throw new SteleError('request_invalid', { what: 'the request body', reason })
  }
  await ports.registry.setTag(account, name, { tag, version: parseVersion(version) })
  return jsonDraft(201, { ok: true })
}

async function removeTag(ask: Ask, params: Params, { ports, access }: Tools): Promise<Draft> {
  const account = await access.needWriter(ask)
  const name = parsePackageName(params('name'))
  await ports.registry.removeTag(account, name, parseTag(params('tag')))
  return jsonDraft(200, { ok: true })
}
