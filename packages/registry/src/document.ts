// The body of a PUT, read: an upload checked against its tarball, or a change. What comes out is plain data, so that
// large bodies can be read on another thread. Everything that goes in is attacker controlled.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, parseJson } from '@stele/formats/json'
import type { PackageName } from '@stele/formats/names'
import {
  type Release,
  type ReleaseLimits,
  type VersionPieces,
  versionPieces,
} from '@stele/releases/release'
import { type CutTarball, cutTarball } from './cut-tarball.ts'
import { maxDocumentBytes, maxDocumentValues } from './limits.ts'
import {
  readLargeTarball,
  readLargeUpload,
  readTarballUpload,
  readUpload,
  type Upload,
} from './upload.ts'

/**
 * A body to be read. `isChange` where the address says that it is no upload, whatever is in it; `isTarball` where it is
 * no document at all, but the tarball itself.
 */
export type DocumentJob = {
  readonly account: string
  /** Who sends it, as an address: accounts behind one have turns together. */
  readonly client?: string | undefined
  readonly name: PackageName
  readonly body: Uint8Array
  readonly isChange: boolean
  readonly isTarball?: true
}

/** A release as its upload brought it, ready to be published. */
export type ReadyUpload = Pick<Upload, 'tarball' | 'tags' | 'isRestricted'> &
  Pick<Upload['release'], 'version' | 'integrity' | 'contents'> & {
    readonly name: PackageName
    /** Canonical JSON of the record. */
    readonly record: string
    readonly pieces: VersionPieces
  }

/** A bare tarball, ready to be published. `dependencies` are those of its package.json, normalised. */
export type ReadTarball = {
  readonly kind: 'tarball'
  readonly upload: ReadyUpload
  readonly dependencies: Readonly<Record<string, string>>
}

/** What a body asks for. A change has only those members of the document that can change something. */
export type ReadDocument =
  | { readonly kind: 'upload'; readonly upload: ReadyUpload }
  | { readonly kind: 'change'; readonly document: JsonObject }
  | ReadTarball

/** The JSON of a body. Throws request_invalid, json_invalid. */
export function parseDocument(body: Uint8Array): JsonObject {
  if (body.length === 0) throw invalid('it is empty')
  const document = parseJson(decodeText(body), 'the request body', maxDocumentValues)
  if (!isJsonObject(document)) throw invalid('it is not a JSON object')
  return document
}

/** Reads a body whole. Throws what parseDocument(), readUpload() and readBareTarball() throw. */
export function readDocument(job: DocumentJob): ReadDocument {
  if (job.isTarball === true) return readBareTarball(job.name, job.body)
  const document = parseDocument(job.body)
  if (isUpload(job, document)) return { kind: 'upload', upload: readyUpload(job.name, document) }
  return { kind: 'change', document: changesOf(document, job.account) }
}

/**
 * As readDocument(), for a body that is large: the tarball is decoded where it lies, so that little is needed beside the body, which is
 * changed. Throws also body_too_large, for what comes beside a tarball.
 */
export async function readLargeDocument(job: DocumentJob): Promise<ReadDocument> {
  if (job.isTarball === true) {
    const release = await readLargeTarball(job.name, job.body)
    return bareOf(job.name, job.body, release)
  }
  const { document, tarball } = parseLargeDocument(job.body)
  if (!isUpload(job, document))
    return { kind: 'change', document: changesOf(document, job.account) }
  const upload = await readLargeUpload(
    job.name,
    tarball === undefined ? document : withTarball(job.name, document, tarball),
  )
  return { kind: 'upload', upload: readyOf(job.name, upload) }
}

function parseLargeDocument(body: Uint8Array): {
  readonly document: JsonObject
  readonly tarball: CutTarball | undefined
} {
  const cut = cutTarball(body)
  const size = cut.parts.reduce((sum, part) => sum + part.length, 0)
  if (size > maxDocumentBytes) {
    throw new SteleError('body_too_large', { limitBytes: maxDocumentBytes, isBeside: true })
  }
  return { document: parseDocument(Buffer.concat(cut.parts)), tarball: cut.tarball }
}

/** The document, its tarball in its place. */
function withTarball(
  name: PackageName,
  document: JsonObject,
  { mark, decode }: CutTarball,
): object {
  const { _attachments: attachments } = document
  if (!isJsonObject(attachments)) return document
  const filled = Object.entries(attachments).map(([file, attachment]) => {
    const isIt = isJsonObject(attachment) && attachment['data'] === mark
    return [file, isIt ? { ...attachment, data: decode(name) } : attachment] as const
  })
  return { ...document, _attachments: Object.fromEntries(filled) }
}

/** True for a document with a tarball, at an address without a revision. */
export function isUpload(
  { isChange }: Pick<DocumentJob, 'isChange'>,
  document: JsonObject,
): boolean {
  const { _attachments: attachments } = document
  return !isChange && isJsonObject(attachments) && Object.keys(attachments).length > 0
}

/** An upload checked against its tarball. Throws what readUpload() throws. */
export function readyUpload(
  name: PackageName,
  document: unknown,
  limits?: ReleaseLimits,
): ReadyUpload {
  return readyOf(name, readUpload(name, document, limits))
}

/** The release that a tarball brings, tagged "latest". Throws upload_invalid, and what readRelease() throws. */
export function readBareTarball(
  name: PackageName,
  tarball: Uint8Array,
  limits?: ReleaseLimits,
): ReadTarball {
  return bareOf(name, tarball, readTarballUpload(name, tarball, limits))
}

function bareOf(name: PackageName, tarball: Uint8Array, release: Release): ReadTarball {
  const upload = { release, tarball, tags: ['latest'], isRestricted: false }
  const { dependencies = {} } = release.manifest
  return { kind: 'tarball', upload: readyOf(name, upload), dependencies }
}

function readyOf(name: PackageName, { release, tarball, tags, isRestricted }: Upload): ReadyUpload {
  const { version, integrity, recordText: record, contents } = release
  const pieces = versionPieces(release)
  return { name, version, integrity, record, contents, tags, isRestricted, tarball, pieces }
}

/** A packument that is sent back is mostly what nobody may change. */
function changesOf(document: JsonObject, account: string): JsonObject {
  const { _id, _rev, name, maintainers, users, versions } = document
  const kept = { _id, _rev, name, maintainers, 'dist-tags': document['dist-tags'] }
  const present = Object.entries(kept).filter(([, value]) => value !== undefined)
  const own =
    isJsonObject(users) && Object.hasOwn(users, account) ? { [account]: users[account] } : {}
  return Object.fromEntries([
    ...present,
    ...(isJsonObject(users) ? [['users', own] as const] : []),
    ...(isJsonObject(versions) ? [['versions', deprecationsOf(versions)] as const] : []),
  ]) as JsonObject // Whatever is in it was in a JsonObject.
}

function deprecationsOf(versions: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(versions).map(([version, manifest]) => {
      const deprecated = isJsonObject(manifest) ? manifest['deprecated'] : undefined
      return [version, deprecated === undefined ? {} : { deprecated }]
    }),
  )
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw invalid('it is not UTF-8', cause)
  }
}

function invalid(reason: string, cause?: unknown): SteleError {
  return new SteleError('request_invalid', { what: 'the request body', reason }, { cause })
}
