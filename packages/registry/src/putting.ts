// A PUT of a document: small bodies are read at once, large ones, and tarballs that unpack to much, on another thread.
import { isSteleError, SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import type { PackageName, Version } from '@stele/formats/names'
import { type Changed, changeDocument } from './changes.ts'
import {
  type DocumentJob,
  isUpload,
  parseDocument,
  type ReadDocument,
  type ReadTarball,
  readBareTarball,
  readDocument,
  readyUpload,
} from './document.ts'
import { inlineLimits, maxInlineBodyBytes } from './limits.ts'
import type { RegistryPorts } from './ports.ts'
import { type Published, publishUpload, requirePublisher } from './publishing.ts'
import { requireActive } from './rule-calls.ts'

/** What a PUT did. */
export type Put = ({ readonly did: 'publish' } & Published) | ({ readonly did: 'change' } & Changed)

/** A PUT. The body may be handed on to another thread: it must not be used afterwards. */
export type PutAsk = {
  readonly account: string
  /** The address that it comes from. */
  readonly client?: string | undefined
  readonly name: PackageName
  readonly body: Uint8Array
  /** The revision in the address, where there is one: then nothing is published. */
  readonly rev?: string | undefined
}

/** A tarball without a document. It may be handed on to another thread: it must not be used afterwards. */
export type TarballAsk = {
  readonly account: string
  /** The address that it comes from. */
  readonly client?: string | undefined
  readonly name: PackageName
  readonly version: Version
  readonly tarball: Uint8Array
  /** What it is published as; "latest" when absent. */
  readonly tags?: readonly string[]
  /** Called with the dependencies in its package.json before it is published; what it throws, refuses it. */
  readonly check: (dependencies: Readonly<Record<string, string>>) => void
}

/** Publishes or changes, as the document says. Throws what requirePublisher(), readUpload(), publishUpload(), changeDocument() and the ingest port throw. */
export async function putDocument(ports: RegistryPorts, ask: PutAsk): Promise<Put> {
  const { account, client, name, body, rev } = ask
  requireActive(ports.state, account, 'publish')
  const job = { account, client, name, body, isChange: rev !== undefined }
  const small = readSmallBody(ports, job)
  const read = small ?? (await readLargeBody(ports, job))
  if (read.kind === 'tarball') throw new Error('A document was read as a tarball')
  if (read.kind === 'change') {
    const { document } = read
    return { did: 'change', ...(await changeDocument(ports, { account, name, rev, document })) }
  }
  return { did: 'publish', ...(await publishRead(ports, account, read, small === undefined)) }
}

async function publishRead(
  ports: RegistryPorts,
  account: string,
  { upload }: Pick<ReadTarball, 'upload'>,
  wasLarge: boolean,
): Promise<Published> {
  const { name, tarball } = upload
  try {
    if (wasLarge) requirePublisher(ports.state, { account, name }) // It took a while.
    return await publishUpload(ports, account, upload)
  } finally {
    // What another thread has read is nobody else's. Waiting until somebody looks for garbage would let hundreds of MB gather.
    const { buffer } = tarball
    const isOwn = wasLarge && ports.ingest !== undefined && tarball.length > maxInlineBodyBytes
    if (isOwn && buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0)
  }
}

/**
 * Publishes the release that a tarball holds. Throws what requirePublisher(), readBareTarball(), `check`,
 * publishUpload() and the ingest port throw.
 */
export async function putTarball(ports: RegistryPorts, ask: TarballAsk): Promise<Published> {
  const { account, client, name, version, tarball, tags, check } = ask
  requirePublisher(ports.state, { account, name }) // Whoever may not publish has nothing unpacked.
  const job = { account, client, name, body: tarball, isChange: false, isTarball: true } as const
  const small = readSmallTarball(ports, job)
  const read = small ?? (await readLargeBody(ports, job))
  if (read.kind !== 'tarball') throw new Error('A tarball was read as a document')
  if (small === undefined) requirePublisher(ports.state, { account, name }) // It took a while.
  const { upload, dependencies } = read
  if (upload.version !== version) {
    const reason = `the package.json in the tarball says ${name}@${upload.version}`
    throw new SteleError('upload_invalid', { spec: `${name}@${version}`, reason })
  }
  check(dependencies)
  return publishUpload(ports, account, tags === undefined ? upload : { ...upload, tags })
}

function readSmallTarball(
  ports: RegistryPorts,
  { name, body }: DocumentJob,
): ReadTarball | undefined {
  if (ports.ingest === undefined || body.length > maxInlineBodyBytes) return undefined
  return unlessLarge(() => readBareTarball(name, body, inlineLimits))
}

/** What the body holds, where it may be read at once; undefined where another thread must. */
function readSmallBody(ports: RegistryPorts, job: DocumentJob): ReadDocument | undefined {
  if (ports.ingest === undefined || job.body.length > maxInlineBodyBytes) return undefined
  const document = parseDocument(job.body)
  if (!isUpload(job, document)) return { kind: 'change', document }
  requirePublisher(ports.state, job) // Whoever may not publish has nothing unpacked.
  return readSmall(job.name, document)
}

async function readLargeBody({ ingest }: RegistryPorts, job: DocumentJob): Promise<ReadDocument> {
  return ingest === undefined ? readDocument(job) : ingest(job)
}

/** The upload, unless its tarball unpacks to more than may hold this thread. */
function readSmall(name: PackageName, document: JsonObject): ReadDocument | undefined {
  const upload = unlessLarge(() => readyUpload(name, document, inlineLimits))
  return upload && { kind: 'upload', upload }
}

function unlessLarge<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isSteleError(error, 'tarball_too_large')) return undefined
    throw error
  }
}
