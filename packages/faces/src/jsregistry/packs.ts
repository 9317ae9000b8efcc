// Packs: what is published, a version each, filtered and sorted; and the removal of one.
import { SteleError } from '@stele/errors'
import {
  type PackageName,
  parsePackageName,
  parseVersion,
  type Version,
} from '@stele/formats/names'
import { type Ask, type Draft, jsonDraft, type Route } from '@stele/http/routes'
import { isoTime, tarballFile } from '@stele/releases/release'
import type { Access } from '../access.ts'
import { maxPacksRead, maxPacksShown, maxPacksWaiting } from '../limits.ts'
import { homePath, treeUrl, versionUrl } from './addresses.ts'
import { type Filter, packFields, parseFilter } from './filter.ts'
import {
  allNames,
  type FoundLocated,
  findLocated,
  isLocated,
  locatedOf,
  locationOf,
  versionsOf,
} from './located.ts'
import type { JsRegistryPorts } from './ports.ts'
import { createPauses, createTurns } from './turns.ts'

type Ports = Pick<JsRegistryPorts, 'registry' | 'located'>

/** A version as a pack. */
export type Pack = { readonly [field in (typeof packFields)[number]]: string | null }

/** The packs that were asked for: `total` of them, and those of the range, which begins at `from` and has room for `size`. */
export type FoundPacks = {
  readonly total: number
  readonly from: number
  readonly size: number
  readonly items: readonly Pack[]
}

/** The path of the packs, below the registry's own address. */
export const packsPath: string = `${homePath}/packs`

export function packRoutes(
  ports: Ports & { readonly readPacks: ReadPacks },
  access: Access,
): Route[] {
  return [
    {
      method: 'GET',
      path: packsPath,
      answer: async (ask) => {
        const { total, items } = await ports.readPacks(ask, maxPacksShown)
        return jsonDraft(200, { total, items })
      },
    },
    {
      method: 'DELETE',
      path: packsPath,
      asksPassword: true,
      answer: (ask) => removePack(ask, ports, access),
    },
  ]
}

/** What `filter`, `range` and `sort` ask for; `usual` packs where there is no range. Throws request_invalid, server_busy. */
export type ReadPacks = (ask: Ask, usual: number) => Promise<FoundPacks>

/** Whoever asks may ask for all that there is: one question is read at a time. */
export function createReadPacks(ports: Ports): ReadPacks {
  const reason = 'too many ask for packs'
  const inTurn = createTurns(maxPacksWaiting, { reason, retryAfterS: 5 })
  return async (ask, usual) => {
    const filter = parseFilter(ask.query.get('filter') ?? '')
    const sort = parseSort(ask.query.get('sort') ?? '+name')
    const [from, to] = parseRange(ask.query.get('range') ?? `0-${usual - 1}`)
    const packs = (await inTurn(() => findPacks(ask, filter, ports))).sort(sort)
    const size = to - from + 1
    return { total: packs.length, from, size, items: packs.slice(from, to + 1) }
  }
}

/** `?id=map@3.1.0`: the same as npm's unpublish of that version, by the same rules. */
async function removePack(ask: Ask, ports: Ports, access: Access): Promise<Draft> {
  const { registry } = ports
  const account = await access.needWriter(ask)
  const [id, ...more] = ask.query.getAll('id')
  const { name, version } = parseId(id ?? '')
  if (more.length > 0) throw invalid('id', more.join(' '), 'wanted one "id" a request')
  if (findLocated(ports, name, version) !== undefined) {
    throw invalid(
      'id',
      id ?? '',
      'it is located, not published: take it out of its folder or archive',
    )
  }
  const whole = { form: 'abbreviated', baseUrl: ask.baseUrl() } as const
  const head = await registry.packument(name, { ...whole, isKnown: () => true })
  if (head === undefined || registry.versions(name)?.includes(version) !== true) {
    throw registry.missing(name, version)
  }
  const removed = { file: tarballFile(name, version), rev: head.rev }
  await registry.removeTarball(account, name, removed)
  return jsonDraft(200, { ok: true, id: `${name}@${version}` })
}

/** A pack's `id`. Throws request_invalid, name_invalid, version_invalid. */
function parseId(id: string): { readonly name: PackageName; readonly version: Version } {
  const [, name, version] = /^(.[^@]*)@([^@]+)$/.exec(id) ?? []
  if (name === undefined || version === undefined) {
    throw invalid('id', id, 'wanted a name and a version, such as map@3.1.0')
  }
  return { name: parsePackageName(name), version: parseVersion(version) }
}

/** Only of packages whose names do not rule them out is anything read. */
async function findPacks(ask: Ask, filter: Filter, ports: Ports): Promise<Pack[]> {
  const { registry } = ports
  const names = allNames(ports).filter((name) => filter({ name }) !== false)
  const pause = createPauses()
  const packs: Pack[] = []
  let read = 0
  for (const name of names) {
    await pause()
    const parsed = parsePackageName(name)
    read += versionsOf(ports, parsed)?.length ?? 0
    if (read > maxPacksRead) {
      const reason = `it takes in more than ${maxPacksRead} versions; narrow it, as with name like "b*"`
      throw new SteleError('request_invalid', { what: 'the filter', reason })
    }
    for (const located of locatedOf(ports, parsed)) {
      const pack = await packOfLocated(ask, located)
      if (filter(pack) === true) packs.push(pack)
    }
    if (isLocated(ports, parsed) && !registry.isOwn(parsed)) continue
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
    const at = textOf(membersOf(time)[version])
    const by = textOf(membersOf(manifest['_npmUser'])['name'])
    // A version never changes.
    const times = { createdBy: by, createdAt: at, modifiedBy: by, modifiedAt: at }
    return { ...packOf(manifest), ...times, location: versionUrl(tree, name, version) }
  })
}

/** Who made it, and when, nobody knows. */
async function packOfLocated(ask: Ask, found: FoundLocated): Promise<Pack> {
  const { reads, one } = found
  const modifiedAt = one.modifiedMs === undefined ? null : isoTime(one.modifiedMs)
  const times = { createdBy: null, createdAt: null, modifiedBy: null, modifiedAt }
  return { ...packOf(await reads.manifest(one)), ...times, location: locationOf(found, ask) }
}

function packOf(manifest: {
  readonly [member: string]: unknown
}): Pick<Pack, 'id' | 'name' | 'main' | 'layer' | 'title' | 'description' | 'version'> {
  const [name, version] = [textOf(manifest['name']) ?? '', textOf(manifest['version']) ?? '']
  return {
    id: `${name}@${version}`,
    name,
    main: textOf(manifest['main']),
    layer: textOf(manifest['layer']),
    title: textOf(manifest['title']),
    description: textOf(manifest['description']),
    version,
  }
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
