// Makes a reply of a draft: coding, validators, 304, ranges, HEAD. All rules about representations are here and in conditions.ts.
import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Ask, FilePart, Reply } from './ask.ts'
import { endStream, isByteStream } from './byte-stream.ts'
import { chooseRange, httpDate, isNotModified } from './conditions.ts'
import type { Draft, WholeFile } from './draft.ts'
import { minGzipBytes } from './limits.ts'
import { type Coding, chooseCoding } from './negotiation.ts'

const compress = promisify<Uint8Array, Uint8Array>(gzip)

/** The reply to send. */
export async function finish(ask: Ask, draft: Draft): Promise<Reply> {
  const reply =
    (await knownInGzip(ask, draft)) ?? (await finishAs(ask, draft, codingOf(ask, draft)))
  return draft.isLasting === true ? { ...reply, isLasting: true } : reply
}

/** Who has it with gzip, and would get it without now, has it all the same. */
async function knownInGzip(ask: Ask, draft: Draft): Promise<Reply | undefined> {
  if (draft.codable !== true || draft.status !== 200 || !isRead(ask)) return undefined
  if (ask.headers['if-none-match'] === undefined) return undefined
  const etag = etagOf(ask, draft, 'gzip')
  if (!isKnown(ask, { etag })) return undefined
  await endUnsent(draft)
  return notModified(headersOf(draft, etag, 'gzip'))
}

function notModified(headers: Record<string, string>): Reply {
  const { 'content-type': _type, 'content-encoding': _coding, ...kept } = headers
  return { status: 304, headers: kept }
}

async function finishAs(ask: Ask, draft: Draft, coding: Coding): Promise<Reply> {
  const etag = etagOf(ask, draft, coding)
  const headers = headersOf(draft, etag, coding)
  if (isRead(ask) && draft.status === 200 && isKnown(ask, { ...draft, etag })) {
    await endUnsent(draft)
    return notModified(headers)
  }
  if (draft.body === undefined) return { status: draft.status, headers: withLength(headers, 0) }
  if (isByteStream(draft.body)) {
    if (ask.method === 'HEAD') await endUnsent(draft)
    return withoutBodyForHead(ask, { status: draft.status, headers, body: draft.body })
  }
  const body = draft.coding === undefined ? await encode(draft.body, coding) : draft.body
  if (draft.ranges === true) return inRange(ask, { ...draft, body }, { etag, headers })
  return withoutBodyForHead(ask, {
    status: draft.status,
    headers: withLength(headers, lengthOf(body)),
    body: partOf(body),
  })
}

/** What was given to be streamed, and is not. */
async function endUnsent({ body }: Draft): Promise<void> {
  if (body !== undefined && isByteStream(body)) await endStream(body)
}

function inRange(
  ask: Ask,
  draft: Draft & { readonly body: Uint8Array | WholeFile },
  made: { readonly etag: string | undefined; readonly headers: Record<string, string> },
): Reply {
  const { body } = draft
  const sizeBytes = lengthOf(body)
  const headers = { ...made.headers, 'accept-ranges': 'bytes' }
  const asked = { range: ask.headers['range'], ifRange: ask.headers['if-range'] }
  // Ranges are for GET alone (RFC 9110 section 14.2).
  const range =
    ask.method === 'GET' && draft.status === 200
      ? chooseRange(asked, { sizeBytes, etag: made.etag })
      : undefined
  if (range === undefined) {
    return withoutBodyForHead(ask, {
      status: draft.status,
      headers: withLength(headers, sizeBytes),
      body: partOf(body),
    })
  }
  const contentRange = `bytes ${range.start}-${range.end - 1}/${sizeBytes}`
  return {
    status: 206,
    headers: withLength({ ...headers, 'content-range': contentRange }, range.end - range.start),
    body:
      body instanceof Uint8Array
        ? body.subarray(range.start, range.end)
        : { file: body.file, ...range },
  }
}

function codingOf(ask: Ask, draft: Draft): Coding {
  if (draft.coding !== undefined) return draft.coding
  const isLarge = draft.body instanceof Uint8Array && draft.body.length >= minGzipBytes
  return draft.codable === true && isLarge
    ? chooseCoding(ask.headers['accept-encoding'])
    : 'identity'
}

/** Strong, and another one for each coding (npm-wire H7). Small answers without one get the digest of their bytes. */
function etagOf(ask: Ask, draft: Draft, coding: Coding): string | undefined {
  const isStored = isRead(ask) && draft.status === 200 && !isOwn(draft)
  const plain =
    draft.etag ??
    (isStored && draft.body instanceof Uint8Array
      ? `"${hash('sha256', draft.body, 'base64url').slice(0, 22)}"`
      : undefined)
  const isPlain = coding === 'identity' || draft.coding !== undefined
  return isPlain ? plain : plain?.replace(/"$/, `-${coding}"`)
}

function headersOf(draft: Draft, etag: string | undefined, coding: Coding): Record<string, string> {
  const isCoded = draft.codable === true || draft.coding !== undefined
  const vary = [draft.headers['vary'], isCoded ? 'Accept-Encoding' : undefined]
  const varied = vary.filter((member) => member !== undefined).join(', ')
  return {
    ...draft.headers,
    'x-content-type-options': 'nosniff',
    ...(varied === '' ? {} : { vary: varied }),
    ...(etag === undefined ? {} : { etag }),
    ...(draft.modifiedMs === undefined ? {} : { 'last-modified': httpDate(draft.modifiedMs) }),
    ...(coding === 'identity' ? {} : { 'content-encoding': coding }),
  }
}

/** True where the client says that it has a representation with these validators. */
export function isKnown(
  ask: Ask,
  { etag, modifiedMs }: { readonly etag?: string | undefined; readonly modifiedMs?: number },
): boolean {
  const conditions = {
    ifNoneMatch: ask.headers['if-none-match'],
    ifModifiedSince: ask.headers['if-modified-since'],
  }
  return isNotModified(conditions, {
    ...(etag === undefined ? {} : { etag }),
    ...(modifiedMs === undefined ? {} : { modifiedMs }),
  })
}

function isRead(ask: Ask): boolean {
  return ask.method === 'GET' || ask.method === 'HEAD'
}

function isOwn(draft: Draft): boolean {
  return draft.headers['cache-control']?.includes('no-store') === true
}

/** One gzip member, whole: never several (npm-wire H4). */
async function encode(
  body: Uint8Array | WholeFile,
  coding: Coding,
): Promise<Uint8Array | WholeFile> {
  return coding === 'gzip' && body instanceof Uint8Array ? compress(body) : body
}

function lengthOf(body: Uint8Array | WholeFile): number {
  return body instanceof Uint8Array ? body.length : body.size
}

function partOf(body: Uint8Array | WholeFile): Uint8Array | FilePart {
  return body instanceof Uint8Array ? body : { file: body.file, start: 0, end: body.size }
}

function withLength(headers: Record<string, string>, length: number): Record<string, string> {
  return { ...headers, 'content-length': String(length) }
}

function withoutBodyForHead(ask: Ask, reply: Reply): Reply {
  return ask.method === 'HEAD' ? { status: reply.status, headers: reply.headers } : reply
}
