// Writes a reply to node:http: bytes and small files at once, large files as a stream, and what is left of a refused body dropped in bounds.
import { type FileHandle, open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { endStream, isByteStream, withExactLength } from './byte-stream.ts'
import type { ByteStream, FilePart, Reply } from './exchange.ts'
import {
  drainedChunkBytes,
  drainQuietMs,
  maxDrainBytes,
  maxDrainMs,
  maxWholeFileBytes,
} from './limits.ts'
import { readPart } from './read-part.ts'

/** Sends the reply. Resolves when it is handed to the system, or the client is gone. */
export async function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
): Promise<void> {
  const { body } = reply
  const stream = body !== undefined && isByteStream(body) ? body : undefined
  if (response.destroyed) {
    if (stream !== undefined) await endStream(stream)
    return
  }
  const part = body !== undefined && 'file' in body ? body : undefined
  const isSmall = part !== undefined && part.end - part.start <= maxWholeFileBytes
  // The file is opened before the status goes out: a missing one can still be an error.
  const bytes = isSmall ? readPart(part) : undefined
  const file = part !== undefined && !isSmall ? await open(part.file, 'r') : undefined
  const isRefusedBody = !request.complete && !isAwaitingBody(request)
  if (isRefusedBody) response.setHeader('connection', 'close')
  if (reply.reason !== undefined) response.statusMessage = reply.reason
  if (reply.rawHeaders === undefined) response.writeHead(reply.status, reply.headers)
  else response.writeHead(reply.status, [...reply.rawHeaders])
  // A client that reads nothing before it has sent all would never take a file. A stream may still read the request.
  if (isRefusedBody && part !== undefined) drain(request)
  if (file !== undefined && part !== undefined) {
    await sendFile(response, file, part)
    return
  }
  if (bytes !== undefined) {
    response.end(bytes.view, bytes.giveBack)
    return
  }
  if (stream !== undefined) await sendStream(response, stream, reply)
  else if (body instanceof Uint8Array || body === undefined) {
    if (isRefusedBody) return refuse(request, response, body)
    response.end(body)
  }
  if (isRefusedBody) drain(request)
}

/** All of the answer goes out, but it is not ended before the client stops: that would close the connection, and lose it. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array | undefined,
): void {
  if (body === undefined) response.flushHeaders()
  else response.write(body)
  drain(request, () => response.end())
}

/** At the client's pace. A source that fails cuts the connection, a client that goes ends the source. */
async function sendStream(
  response: ServerResponse,
  stream: ByteStream,
  reply: Reply,
): Promise<void> {
  const length = reply.headers['content-length']
  const source = stream instanceof Readable ? stream : Readable.from(stream)
  if (length === undefined) await pipeline(source, response)
  else await pipeline(source, (whole) => withExactLength(whole, Number(length)), response)
}

async function sendFile(response: ServerResponse, file: FileHandle, part: FilePart): Promise<void> {
  const { start, end } = part
  const stream = file.createReadStream({ start, end: end - 1, highWaterMark: 256 * 1024 })
  await pipeline(stream, response)
}

/** A request without a body is complete only when node has looked: by its headers we know before. */
function isAwaitingBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': transfer } = request.headers
  return transfer === undefined && (length === undefined || length === '0')
}

/**
 * Reads and drops what the client still sends. Closing at once would reset the connection, and the client, still
 * writing, would never see the answer; reading without end would let it send for ever.
 */
function drain(request: IncomingMessage, onQuiet: () => void = () => undefined): void {
  let sizeBytes = 0
  const timer = setTimeout(() => request.destroy(), maxDrainMs)
  timer.unref()
  const quiet = setTimeout(onQuiet, drainQuietMs)
  quiet.unref()
  request.on('data', (chunk: Uint8Array) => {
    quiet.refresh()
    sizeBytes += Math.max(chunk.length, drainedChunkBytes)
    if (sizeBytes > maxDrainBytes) request.destroy()
  })
  request.on('error', () => undefined)
  request.on('end', onQuiet)
  request.on('close', () => {
    clearTimeout(timer)
    clearTimeout(quiet)
    onQuiet()
  })
  request.resume()
}
