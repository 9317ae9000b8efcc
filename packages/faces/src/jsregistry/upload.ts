// POST of an archive: what is found in it is published, each package as a release like any other.
import { isSteleError, SteleError } from '@stele/errors'
import { newestOf } from '@stele/formats/ranges'
import { type Ask, type Draft, jsonDraft, ownOnly, type Route } from '@stele/http/routes'
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
import { createReadUploaded, type FetchArchive, type Uploaded } from './uploaded.ts'

type Ports = Pick<JsRegistryPorts, 'registry'>

export function uploadRoutes(
  { registry, fetchArchive }: Ports & { readonly fetchArchive: FetchArchive },
  access: Access,
): Route[] {
  const readUploaded = createReadUploaded(fetchArchive)
  const inTurn = createTurns()
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

/** One archive is unpacked at a time. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    if (waiting > maxUploadsWaiting) {
      const reason = 'too many archives wait to be unpacked'
      throw new SteleError('server_busy', { reason, retryAfterS: 5 })
    }
    waiting++
    const mine = last.then(work).finally(() => waiting--)
    last = mine.catch(() => undefined)
    return mine
  }
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
  const { account, ports } = uploading
  // All of them before the first is published.
  for (const { name, version } of packages) {
    ports.registry.requirePublishable({ account, name, version })
  }
  const items: object[] = []
  for (const found of packages) items.push(await publish(found, { ...uploading, items }))
  const specs = packages.map((one) => `${one.name}@${one.version}`)
  uploading.ask.notes['published'] = specs.join(' ')
  const type = /\.jar$/i.test(name) ? 'jar' : 'zip'
  const said = { file: name, name: specs.join(' '), type, items }
  return jsonDraft(201, said, { 'cache-control': ownOnly })
}

type Publishing = Uploading & { readonly items: readonly object[] }

async function publish(
  { name, version, files }: FoundInArchive,
  { ask, account, ports, items }: Publishing,
): Promise<object> {
  const location = versionUrl(treeUrl(ask), name, version)
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
    return { name, version, location, entry }
  } catch (error) {
    // What was published stays: the first one's error is the answer, that of a later one stands beside what went well.
    if (items.length === 0 || !isSteleError(error)) throw error
    return { name, version, error: error.message, code: error.code }
  }
}

/** Whoever uploads says of no tag: a snapshot or an older version must not become what everybody installs. */
function tagsFor(
  { name, version }: Pick<FoundInArchive, 'name' | 'version'>,
  { registry }: Ports,
): readonly string[] {
  const latest = registry.tags(name)?.['latest']
  return latest === undefined || newestOf([latest, version]) === version ? ['latest'] : ['uploaded']
}
