// Search, stars, visibility (npm-wire S1, F2, B15).
import { parsePackageName } from '@stele/formats/names'
import { type Ask, type Draft, jsonDraft, numberParameter, type Route } from '@stele/http/routes'
import { maxSearchSize } from '@stele/registry/reading'
import { maxSearchFrom } from '../limits.ts'
import type { NpmPorts } from './ports.ts'

type Ports = Pick<NpmPorts, 'registry' | 'isClosed'>

export function searchRoutes(ports: Ports): Route[] {
  return [
    { method: 'GET', path: '/-/v1/search', answer: (ask) => search(ask, ports) },
    { method: 'GET', path: '/-/_view/starredByUser', answer: (ask) => showStars(ask, ports) },
    {
      method: 'GET',
      path: '/-/user/:account/stars', // pnpm prints the names of the members.
      answer: (_ask, params) => {
        const names = ports.registry.starredBy(params('account'))
        return jsonDraft(200, Object.fromEntries(names.map((name) => [name, true])))
      },
    },
    {
      method: 'GET',
      path: '/-/package/:name/visibility',
      answer: async (ask, params) => {
        const name = parsePackageName(params('name'))
        await ports.registry.prepare(name, 'abbreviated', ask.client)
        if (ports.registry.tags(name) === undefined) throw ports.registry.missing(name)
        return jsonDraft(200, { public: !ports.isClosed })
      },
    },
  ]
}

async function search(ask: Ask, { registry }: Ports): Promise<Draft> {
  const text = ask.query.get('text') ?? '' // Without one, all. The registry cuts what is too long.
  const size = numberParameter(ask, 'size', { least: 0, most: maxSearchSize, absent: 20 })
  const from = numberParameter(ask, 'from', { least: 0, most: maxSearchFrom, absent: 0 })
  const { isPartial, ...answer } = await registry.search({ text, from, size }, ask.client)
  const notice = 'The upstream cannot be searched now: only packages of this registry are shown'
  return jsonDraft(200, answer, isPartial === true ? { 'npm-notice': notice } : {})
}

/** `?key="name"`: the key is a JSON string. */
function showStars(ask: Ask, { registry }: Ports): Draft {
  const account = (ask.query.get('key') ?? '').replace(/^"(.*)"$/, '$1')
  const names = registry.starredBy(account)
  return jsonDraft(200, { rows: names.map((name) => ({ id: name, key: account, value: name })) })
}
