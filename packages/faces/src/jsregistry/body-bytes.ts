// The body of an answer as bytes in memory, wherever it lies.
import { readFile } from 'node:fs/promises'
import { SteleError } from '@stele/errors'
import type { Draft } from '@stele/http/routes'

/** Its bytes. Throws tarball_too_large for more than `limitBytes`. */
export async function bytesOf(body: Draft['body'], limitBytes: number): Promise<Uint8Array> {
  if (body === undefined) return Buffer.alloc(0)
  if (body instanceof Uint8Array) {
    refuseOver(body.length, limitBytes)
    return body
  }
  if ('file' in body) {
    refuseOver(body.size, limitBytes)
    return readFile(body.file)
  }
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const piece of body) {
    sizeBytes += piece.length
    refuseOver(sizeBytes, limitBytes)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function refuseOver(found: number, limit: number): void {
  if (found <= limit) return
  throw new SteleError('tarball_too_large', { what: 'its size in bytes', limit, found })
}
