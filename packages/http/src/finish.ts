// Makes a reply of a draft: coding, validators, 304, ranges, HEAD. All rules about representations are here and in conditions.ts.
import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { endStream, isByteStream } from './byte-stream.ts'
import { chooseRange, httpDate, isNotModified } from './conditions.ts'
import type { Draft, WholeFile } from './draft.ts'
import type { FilePart, Incoming, Reply } from './exchange.ts'
import { minGzipBytes } from './limits.ts'
import { type Coding, chooseCoding } from './negotiation.ts'

const compress = promisify<Uint8Array, Uint8Array>(gzip)

/** The reply to send. */
export async function finish(incoming: Incoming, draft: Draft): Promise<Reply> {
  const reply =
    (await knownInGzip(incoming, draft)) ??
    (await finishAs(incoming, draft, codingOf(incoming, draft)))
  if (draft.isLasting !== true) return reply
  const { lastsMs } = draft
  return { ...reply, isLasting: true, ...(lastsMs === undefined ? {} : { lastsMs }) }
}

/** 304 for a client that holds the gzip form, also where it would now be sent without a coding: the content is the same. */
async function knownInGzip(incoming: Incoming, draft: Draft): Promise<Reply | undefined> {
  if (draft.codable !== true || draft.status !== 200 || !isRead(incoming)) return undefined
  if (incoming.headers['if-none-match'] === undefined) return undefined
  const etag = etagOf(incoming, draft, 'gzip')
  if (!isKnown(incoming, { etag })) return undefined
  await endUnsent(draft)
  return notModified(headersOf(draft, etag, 'gzip'))
}

function notModified(headers: Record<string, string>): Reply {
  const { 'content-type': _type, 'content-encoding': _coding, ...kept } = headers
  return { status: 304, headers: kept }
}

async function finishAs(incoming: Incoming, draft: Draft, coding: Coding): Promise<Reply> {
  const etag = etagOf(incoming, draft, coding)
  const headers = headersOf(draft, etag, coding)
  if (isRead(incoming) && draft.status === 200 && isKnown(incoming, { ...draft, etag })) {
    await endUnsent(draft)
    return notModified(headers)
  }
  if (draft.body === undefined) return { status: draft.status, headers: withLength(headers, 0) }
  if (isByteStream(draft.body)) {
    if (incoming.method === 'HEAD') await endUnsent(draft)
    return withoutBodyForHead(incoming, { status: draft.status, headers, body: draft.body })
  }
  const body = draft.coding === undefined ? await encode(draft.body, coding) : draft.body
  if (draft.ranges === true) return inRange(incoming, { ...draft, body }, { etag, headers })
  return withoutBodyForHead(incoming, {
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
  incoming: Incoming,
  draft: Draft & { readonly body: Uint8Array | WholeFile },
  made: { readonly etag: string | undefined; readonly headers: Record<string, string> },
): Reply {
  const { body } = draft
  const sizeBytes = lengthOf(body)
  const headers = { ...made.headers, 'accept-ranges': 'bytes' }
  const wanted = { range: incoming.headers['range'], ifRange: incoming.headers['if-range'] }
  // Ranges are for GET alone (RFC 9110 section 14.2).
  const range =
    incoming.method === 'GET' && draft.status === 200
      ? chooseRange(wanted, { sizeBytes, etag: made.etag })
      : undefined
  if (range === undefined) {
    return withoutBodyForHead(incoming, {
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

function codingOf(incoming: Incoming, draft: Draft): Coding {
  if (draft.coding !== undefined) return draft.coding
  const isLarge = draft.body instanceof Uint8Array && draft.body.length >= minGzipBytes
  return draft.codable === true && isLarge
    ? chooseCoding(incoming.headers['accept-encoding'])
    : 'identity'
}

/** Strong, and another one for each coding (npm-wire H7). Small answers without one get the digest of their bytes. */
function etagOf(incoming: Incoming, draft: Draft, coding: Coding): string | undefined {
  const isStored = isRead(incoming) && draft.status === 200 && !isOwn(draft)
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
  incoming: Incoming,
  { etag, modifiedMs }: { readonly etag?: string | undefined; readonly modifiedMs?: number },
): boolean {
  const conditions = {
    ifNoneMatch: incoming.headers['if-none-match'],
    ifModifiedSince: incoming.headers['if-modified-since'],
  }
  return isNotModified(conditions, {
    ...(etag === undefined ? {} : { etag }),
    ...(modifiedMs === undefined ? {} : { modifiedMs }),
  })
}

function isRead(incoming: Incoming): boolean {
  return incoming.method === 'GET' || incoming.method === 'HEAD'
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

function withoutBodyForHead(incoming: Incoming, reply: Reply): Reply {
  return incoming.method === 'HEAD' ? { status: reply.status, headers: reply.headers } : reply
}
