// A VM's memory as bytes to keep: a header that says whose memory it is, then the content, compressed.
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { SteleError } from '@stele/errors'
import { canonicalJson, parseCanonicalJson } from '@stele/formats/json'

/** What a memory belongs to: it means nothing under another engine, script or limit. */
export type SnapshotOwner = {
  readonly engine: string
  readonly script: string
  readonly limits: object
  readonly info: string
}

const magic = 'stele-memory/v1'

/** Bytes of a snapshot's header: two hashes, a dozen limits and the facts about the service. */
const maxHeaderBytes = 64 * 1024

/** A snapshot: `stele-memory/v1\n`, the owner and the content's digest as canonical JSON, `\n`, the content as zstd. */
export function formatSnapshot(owner: SnapshotOwner, content: Buffer, sha256: string): Buffer {
  const header = `${magic}\n${canonicalJson({ ...owner, sha256, size: content.length })}\n`
  return Buffer.concat([Buffer.from(header), zstdCompressSync(content)])
}

/** The content of a snapshot, and the digest that it claims. Throws snapshot_invalid. */
export function parseSnapshot(
  owner: SnapshotOwner,
  bytes: Uint8Array,
  maxBytes: number,
): { readonly content: Buffer; readonly sha256: string } {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const line = whole.indexOf('\n')
  const end = whole.subarray(0, maxHeaderBytes).indexOf('\n', line + 1)
  if (whole.toString('latin1', 0, Math.max(line, 0)) !== magic || end < 0) {
    throw invalid('it is no snapshot')
  }
  const header = parseHeader(whole.toString('utf8', line + 1, end))
  const { sha256, size, ...found } = header
  if (canonicalJson(found) !== canonicalJson(owner)) {
    throw invalid('it was taken under another engine, script or limit')
  }
  if (typeof sha256 !== 'string' || typeof size !== 'number' || size > maxBytes) {
    throw invalid('its header lacks the digest or the size')
  }
  const content = inflate(whole.subarray(end + 1), maxBytes)
  if (content.length !== size) throw invalid('its size differs from its header')
  return { content, sha256 }
}

function parseHeader(text: string): Record<string, unknown> {
  try {
    return { ...Object(parseCanonicalJson(text, 'the header')) }
  } catch (cause) {
    throw invalid('its header is not canonical JSON', cause)
  }
}

function inflate(bytes: Buffer, maxOutputLength: number): Buffer {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength })
  } catch (cause) {
    throw invalid('it cannot be decompressed', cause)
  }
}

function invalid(reason: string, cause?: unknown): SteleError {
  return new SteleError('snapshot_invalid', { reason }, { cause })
}
