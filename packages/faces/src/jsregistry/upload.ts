// POST of an archive: what is found in it is published, each package as a release like any other.
import { hash } from 'node:crypto'
import { isSteleError, SteleError } from '@stele/errors'
import { newestOf } from '@stele/formats/ranges'
import { type Ask, type Draft, jsonDraft, ownOnly, type Route } from '@stele/http/routes'
import { tarballFile } from '@stele/releases/release'
import type { ArchivedPackage } from '@stele/scanner/archives'
import type { Access } from '../access.ts'
import { maxUploadsWaiting } from '../limits.ts'
import { homePath, treeUrl, versionUrl } from './addresses.ts'
import type { JsRegistryPorts } from './ports.ts'
import { createTurns } from './turns.ts'
import { createReadUploaded, type FetchArchive } from './uploaded.ts'

type Ports = Pick<JsRegistryPorts, 'registry'>

export function uploadRoutes(
  {
    registry,
    packArchive,
    fetchArchive,
  }: Ports & Pick<JsRegistryPorts, 'packArchive'> & { readonly fetchArchive: FetchArchive },
  access: Access,
): Route[] {
  const readUploaded = createReadUploaded(fetchArchive)
  const reason = 'too many archives wait to be unpacked'
  const inTurn = createTurns(maxUploadsWaiting, { reason, retryAfterS: 5 })
  return [
    {
      method: 'POST',
      path: `${homePath}/upload`,
      asksPassword: true,
      answer: async (ask) => {
        const account = await access.needWriter(ask)
        const { name, bytes } = await readUploaded(ask, account) // All of it is here: a slow sender keeps no one waiting.
        return inTurn(async () => {
          const packages = await packArchive(bytes)
          return publishAll(name, packages, { ask, account, ports: { registry } })
        })
      },
    },
  ]
}

type Uploading = { readonly ask: Ask; readonly account: string; readonly ports: Ports }

async function publishAll(
  name: string,
  packages: readonly ArchivedPackage[],
  uploading: Uploading,
): Promise<Draft> {
  const known = findKnown(packages, uploading) // All of them before the first is published.
  const items: Item[] = []
  for (const found of packages) {
    const isKnown = known.has(found)
    items.push(isKnown ? itemOf(found, uploading) : await publish(found, { ...uploading, items }))
  }
  const specOf = (one: Pick<ArchivedPackage, 'name' | 'version'>): string =>
    `${one.name}@${one.version}`
  const published = items.filter(({ entry }) => entry !== undefined)
  uploading.ask.notes['published'] = published.map(specOf).join(' ')
  const type = /\.jar$/i.test(name) ? 'jar' : 'zip'
  const said = { file: name, name: packages.map(specOf).join(' '), type, items }
  return jsonDraft(201, said, { 'cache-control': ownOnly })
}

/**
 * Those that were published before, just as they are, where others were not: the rest of an archive of which some went wrong. Throws
 * what publishing any of the others would, as far as that is known, and version_exists where all of them are there.
 */
function findKnown(
  packages: readonly ArchivedPackage[],
  { account, ports: { registry } }: Uploading,
): ReadonlySet<ArchivedPackage> {
  const known = new Set<ArchivedPackage>()
  let exists: unknown
  for (const found of packages) {
    try {
      registry.requirePublishable({ account, name: found.name, version: found.version })
    } catch (error) {
      if (!isSteleError(error, 'version_exists')) throw error
      exists ??= error
      known.add(found)
    }
  }
  if (known.size === packages.length) throw exists
  for (const { name, version, tarball } of known) {
    const there = registry.tarball(name, tarballFile(name, version))
    if (there?.sha512 === hash('sha512', tarball, 'hex')) continue
    throw new SteleError('version_exists', { spec: `${name}@${version}` })
  }
  return known
}

type Publishing = Uploading & { readonly items: readonly Item[] }

/** What is said of a package. Without `entry` it was published before, or is not. */
type Item = Pick<ArchivedPackage, 'name' | 'version'> & {
  readonly location?: string
  readonly entry?: number
  readonly error?: string
  readonly code?: string
}

async function publish(
  found: ArchivedPackage,
  { ask, account, ports, items }: Publishing,
): Promise<Item> {
  const { name, version, tarball } = found
  try {
    const { entry, isRepeat } = await ports.registry.putTarball({
      account,
      client: ask.client,
      name,
      version,
      tarball,
      tags: tagsFor({ name, version }, ports),
      check: () => undefined,
    })
    if (isRepeat) throw new SteleError('version_exists', { spec: `${name}@${version}` })
    return { ...itemOf(found, { ask }), entry }
  } catch (error) {
    // What was published stays: the first one's error is the answer, that of a later one stands beside what went well.
    const isFirst = items.every(({ entry }) => entry === undefined)
    if (isFirst || !isSteleError(error)) throw error
    return { name, version, error: error.message, code: error.code }
  }
}

function itemOf({ name, version }: ArchivedPackage, { ask }: Pick<Uploading, 'ask'>): Item {
  return { name, version, location: versionUrl(treeUrl(ask), name, version) }
}

/** Whoever uploads says of no tag: a snapshot or an older version must not become what everybody installs. */
function tagsFor(
  { name, version }: Pick<ArchivedPackage, 'name' | 'version'>,
  { registry }: Ports,
): readonly string[] {
  const latest = registry.tags(name)?.['latest']
  return latest === undefined || newestOf([latest, version]) === version ? ['latest'] : ['uploaded']
}
