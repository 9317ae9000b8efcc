// POST of an archive: what is found in it is published, each package as a release like any other.
import { hash } from 'node:crypto'
import { isSteleError, SteleError } from '@stele/errors'
import { newestOf } from '@stele/formats/ranges'
import { type Ask, type Draft, jsonDraft, ownOnly, type Route } from '@stele/http/routes'
import { tarballFile } from '@stele/releases/release'
import {
  type FoundInArchive,
  findPackages,
  readZip,
  releaseFiles,
  writeTarball,
} from '@stele/scanner/archives'
import type { Access } from '../access.ts'
import { maxUploadsWaiting } from '../limits.ts'
import { homePath, treeUrl, versionUrl } from './addresses.ts'
import type { JsRegistryPorts } from './ports.ts'
import { createTurns } from './turns.ts'
import { createReadUploaded, type FetchArchive, type Uploaded } from './uploaded.ts'

type Ports = Pick<JsRegistryPorts, 'registry'>

export function uploadRoutes(
  { registry, fetchArchive }: Ports & { readonly fetchArchive: FetchArchive },
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
        const file = await readUploaded(ask, account) // All of it is here: a slow sender keeps no one waiting.
        return inTurn(() => takeUpload(file, { ask, account, ports: { registry } }))
      },
    },
  ]
}

type Uploading = { readonly ask: Ask; readonly account: string; readonly ports: Ports }

async function takeUpload({ name, bytes }: Uploaded, uploading: Uploading): Promise<Draft> {
  const files = await readZip(bytes)
  try {
    return await publishAll(name, findPackages(files), uploading)
  } finally {
    releaseFiles(files)
  }
}

async function publishAll(
  name: string,
  packages: readonly FoundInArchive[],
  uploading: Uploading,
): Promise<Draft> {
  const known = await findKnown(packages, uploading) // All of them before the first is published.
  const items: Item[] = []
  for (const found of packages) {
    const isKnown = known.has(found)
    items.push(isKnown ? itemOf(found, uploading) : await publish(found, { ...uploading, items }))
  }
  const specOf = (one: Pick<FoundInArchive, 'name' | 'version'>): string =>
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
async function findKnown(
  packages: readonly FoundInArchive[],
  { account, ports: { registry } }: Uploading,
): Promise<ReadonlySet<FoundInArchive>> {
  const known = new Set<FoundInArchive>()
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
  for (const { name, version, files } of known) {
    const there = registry.tarball(name, tarballFile(name, version))
    const sha512 = hash('sha512', await writeTarball(files), 'hex')
    if (there?.sha512 === sha512) continue
    throw new SteleError('version_exists', { spec: `${name}@${version}` })
  }
  return known
}

type Publishing = Uploading & { readonly items: readonly Item[] }

/** What is said of a package. Without `entry` it was published before, or is not. */
type Item = Pick<FoundInArchive, 'name' | 'version'> & {
  readonly location?: string
  readonly entry?: number
  readonly error?: string
  readonly code?: string
}

async function publish(
  found: FoundInArchive,
  { ask, account, ports, items }: Publishing,
): Promise<Item> {
  const { name, version, files } = found
  const tarball = await writeTarball(files)
  releaseFiles(files) // No other package has them.
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

function itemOf({ name, version }: FoundInArchive, { ask }: Pick<Uploading, 'ask'>): Item {
  return { name, version, location: versionUrl(treeUrl(ask), name, version) }
}

/** Whoever uploads says of no tag: a snapshot or an older version must not become what everybody installs. */
function tagsFor(
  { name, version }: Pick<FoundInArchive, 'name' | 'version'>,
  { registry }: Ports,
): readonly string[] {
  const latest = registry.tags(name)?.['latest']
  return latest === undefined || newestOf([latest, version]) === version ? ['latest'] : ['uploaded']
}
