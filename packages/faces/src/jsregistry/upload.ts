// POST of an archive: what is found in it is published, each package as a release like any other.
import { isSteleError, SteleError } from '@stele/errors'
import { type Ask, type Draft, jsonDraft, ownOnly, type Route } from '@stele/http/routes'
import type { Access } from '../access.ts'
import { maxArchiveBytes } from '../limits.ts'
import { homePath, treeUrl, versionUrl } from './addresses.ts'
import { type FoundPackage, findPackages } from './find-packages.ts'
import type { JsRegistryPorts } from './ports.ts'
import { readZip } from './read-zip.ts'
import { writeTarball } from './write-tarball.ts'

type Ports = Pick<JsRegistryPorts, 'registry'>

export function uploadRoutes(ports: Ports, access: Access): Route[] {
  const turn = { isTaken: false }
  return [
    {
      method: 'POST',
      path: `${homePath}/upload`,
      answer: async (ask) => {
        const account = await access.needWriter(ask)
        if (turn.isTaken) throw busy() // Before anything of it is read.
        const file = await uploadedFile(ask)
        if (turn.isTaken) throw busy() // Somebody else's came first: a slow sender keeps no one waiting.
        turn.isTaken = true
        try {
          return await takeUpload(file, { ask, account, ports })
        } finally {
          turn.isTaken = false
        }
      },
    },
  ]
}

function busy(): SteleError {
  const reason = 'another archive is being unpacked'
  return new SteleError('server_busy', { reason, retryAfterS: 1 })
}

type Uploading = { readonly ask: Ask; readonly account: string; readonly ports: Ports }

async function takeUpload(file: Uploaded, uploading: Uploading): Promise<Draft> {
  const packages = findPackages(await readZip(await file.bytes()))
  for (const found of packages) refuseExisting(found, uploading.ports)
  const items: object[] = []
  for (const found of packages) items.push(await publish(found, { ...uploading, items }))
  const specs = packages.map(({ name, version }) => `${name}@${version}`)
  uploading.ask.notes['published'] = specs.join(' ')
  const type = /\.jar$/i.test(file.name) ? 'jar' : 'zip'
  const said = { file: file.name, name: specs.join(' '), type, items }
  return jsonDraft(201, said, { 'cache-control': ownOnly })
}

type Uploaded = File & { readonly bytes: () => Promise<Uint8Array> }

/** The file of the field `file`. Throws request_invalid, and what reading a body throws. */
async function uploadedFile(ask: Ask): Promise<Uploaded> {
  const type = ask.headers['content-type'] ?? ''
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw invalid('it is not "multipart/form-data"; send the archive in its field "file"')
  }
  const body = await ask.body(maxArchiveBytes)
  const form = await new Response(Buffer.from(body), { headers: { 'content-type': type } })
    .formData()
    .catch((cause: unknown) => {
      throw invalid('it is not sound multipart/form-data', cause)
    })
  const [file, ...more] = form.getAll('file')
  if (file === undefined || more.length > 0) throw invalid('it must have one field "file"')
  if (typeof file === 'string') {
    throw invalid('its field "file" is a text, wanted a zip or a JAR; addresses are not taken')
  }
  return file
}

function invalid(reason: string, cause?: unknown): SteleError {
  return new SteleError('request_invalid', { what: 'the request body', reason }, { cause })
}

/** All of them are looked at before the first is published. */
function refuseExisting(
  { name, version }: Pick<FoundPackage, 'name' | 'version'>,
  { registry }: Ports,
): void {
  if (registry.versions(name)?.includes(version) !== true) return
  throw new SteleError('version_exists', { spec: `${name}@${version}` })
}

type Publishing = Uploading & { readonly items: readonly object[] }

async function publish(
  { name, version, files }: FoundPackage,
  { ask, account, ports, items }: Publishing,
): Promise<object> {
  const location = versionUrl(treeUrl(ask), name, version)
  try {
    const { entry, isRepeat } = await ports.registry.putTarball({
      account,
      client: ask.client,
      name,
      version,
      tarball: await writeTarball(files),
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
