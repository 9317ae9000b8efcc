// Packs: what is published, a version each, filtered and sorted.
import { SteleError } from '@stele/errors'
import { parsePackageName } from '@stele/formats/names'
import { type Ask, type Draft, jsonDraft, type Route } from '@stele/http/routes'
import { maxListedPackages, maxPacksRead, maxPacksShown } from '../limits.ts'
import { treePath, treeUrl, versionUrl } from './addresses.ts'
import { type Filter, packFields, parseFilter } from './filter.ts'
import type { JsRegistryPorts } from './ports.ts'

type Ports = Pick<JsRegistryPorts, 'registry'>
type Pack = { readonly [field in (typeof packFields)[number]]: string | null }

export function packRoutes(ports: Ports): Route[] {
  return [
    {
      method: 'GET',
      path: treePath.replace(/root$/, 'packs'),
      answer: (ask) => showPacks(ask, ports),
    },
  ]
}

async function showPacks(ask: Ask, ports: Ports): Promise<Draft> {
  const filter = parseFilter(ask.query.get('filter') ?? '')
  const sort = parseSort(ask.query.get('sort') ?? '+name')
  const [from, to] = parseRange(ask.query.get('range') ?? `0-${maxPacksShown - 1}`)
  const packs = (await findPacks(ask, filter, ports)).sort(sort)
  return jsonDraft(200, { total: packs.length, items: packs.slice(from, to + 1) })
}

/** Only of packages whose names do not rule them out is anything read. */
async function findPacks(ask: Ask, filter: Filter, { registry }: Ports): Promise<Pack[]> {
  const { found } = registry.listed(maxListedPackages)
  const names = found.filter(({ name }) => filter({ name }) !== false)
  const packs: Pack[] = []
  let read = 0
  for (const { name } of names) {
    const parsed = parsePackageName(name)
    read += registry.versions(parsed)?.length ?? 0
    if (read > maxPacksRead) {
      const reason = `it takes in more than ${maxPacksRead} versions; narrow it, as with name like "b*"`
      throw new SteleError('request_invalid', { what: 'the filter', reason })
    }
    const wanted = { form: 'full', baseUrl: ask.baseUrl(), coding: 'identity' } as const
    const view = await registry.packument(parsed, { ...wanted, isKnown: () => false })
    if (view?.bytes === undefined) continue
    const packument: unknown = JSON.parse(Buffer.from(view.bytes).toString())
    for (const pack of packsOf(treeUrl(ask), packument)) if (filter(pack) === true) packs.push(pack)
  }
  return packs
}

function packsOf(tree: string, packument: unknown): readonly Pack[] {
  const { versions, time } = membersOf(packument)
  return Object.values(membersOf(versions)).map((value) => {
    const manifest = membersOf(value)
    const [name, version] = [textOf(manifest['name']) ?? '', textOf(manifest['version']) ?? '']
    const published = textOf(membersOf(time)[version])
    const publisher = textOf(membersOf(manifest['_npmUser'])['name'])
    return {
      id: `${name}@${version}`,
      name,
      main: textOf(manifest['main']),
      layer: textOf(manifest['layer']),
      title: textOf(manifest['title']),
      description: textOf(manifest['description']),
      createdBy: publisher,
      createdAt: published,
      // A version never changes.
      modifiedBy: publisher,
      modifiedAt: published,
      location: versionUrl(tree, name, version),
      version,
    }
  })
}

/** The members of an object; none of what is none. */
function membersOf(value: unknown): { readonly [member: string]: unknown } {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {}
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** `from-to`, both counted from 0 and both in it. */
function parseRange(text: string): readonly [from: number, to: number] {
  const [, from = '', to = ''] = /^(?:items=)?(\d{1,9})-(\d{1,9})$/.exec(text) ?? []
  const range = [Number(from), Number(to)] as const
  if (from === '' || range[1] < range[0]) throw invalid('range', text, 'wanted such as 0-24')
  if (range[1] - range[0] < maxPacksShown) return range
  throw invalid('range', text, `it takes in more than ${maxPacksShown} packs`)
}

/** `+name`, `-createdAt`; a plus that was decoded as a blank counts as one. Equal ones stay in the order of their publishing. */
function parseSort(text: string): (a: Pack, b: Pack) => number {
  const [, sign = '', word = ''] = /^([+\- ]?)(\w+)$/.exec(text) ?? []
  const field = packFields.find((one) => one === word)
  if (field === undefined)
    throw invalid('sort', text, 'wanted a sign and a field, such as -createdAt')
  const direction = sign === '-' ? -1 : 1
  return (a, b) => {
    const [left, right] = [a[field] ?? '', b[field] ?? '']
    return left === right ? 0 : left < right ? -direction : direction
  }
}

function invalid(parameter: string, text: string, reason: string): SteleError {
  const what = `"${parameter}" of the query`
  return new SteleError('request_invalid', { what, reason: `"${text.slice(0, 40)}": ${reason}` })
}
