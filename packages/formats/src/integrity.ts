// Integrity: one hash of a tarball, in the form of subresource integrity.
import { SteleError } from '@stele/errors'
import { maxIntegrityLength } from './limits.ts'

/** The algorithms of a release's integrity; sha1 only for old upstream releases that have nothing else. */
export type IntegrityAlgorithm = 'sha512' | 'sha1'

/** One hash: 64 bytes for sha512, 20 for sha1. */
export type Integrity = { readonly algorithm: IntegrityAlgorithm; readonly digest: Uint8Array }

const digestBytes: Readonly<Record<IntegrityAlgorithm, number>> = { sha512: 64, sha1: 20 }

/** The hash as text: `sha512-<base64>`. A digest of the wrong length is a bug, a plain Error. */
export function formatIntegrity(algorithm: IntegrityAlgorithm, digest: Uint8Array): string {
  if (digest.length !== digestBytes[algorithm]) {
    throw new Error(`Cannot format a ${algorithm} digest of ${digest.length} bytes`)
  }
  return `${algorithm}-${Buffer.from(digest).toString('base64')}`
}

/** A SHA-512 as formatIntegrity() writes it: 512 bits are 85 digits and two bits of one more. */
const sha512Form = /^sha512-[A-Za-z0-9+/]{85}[AQgw]==$/

/** Throws integrity_invalid for what parseIntegrity() refuses. */
export function checkIntegrity(text: string): void {
  if (!sha512Form.test(text)) parseIntegrity(text)
}

/** The one hash that a text holds, which must be written as formatIntegrity() does. Throws integrity_invalid. */
export function parseIntegrity(text: string): Integrity {
  const algorithm = text.startsWith('sha512-') ? 'sha512' : 'sha1'
  const digest = Buffer.from(text.slice(algorithm.length + 1, 128), 'base64')
  if (digest.length !== digestBytes[algorithm] || formatIntegrity(algorithm, digest) !== text) {
    throw invalid(text, 'wanted is one hash, sha512-<base64> or sha1-<base64>')
  }
  return { algorithm, digest: new Uint8Array(digest) }
}

/**
 * The strongest hash that a packument's `dist` gives, as text: its sha512, else its sha1 (`shasum` is hex).
 * Two different hashes of the chosen algorithm are refused. Throws integrity_invalid. Spec: release.md, "State".
 */
export function strongestIntegrity(dist: {
  readonly integrity?: string | undefined
  readonly shasum?: string | undefined
}): string {
  const integrity = dist.integrity ?? ''
  if (sha512Form.test(integrity)) return integrity // As nearly all are.
  if (integrity.length > maxIntegrityLength) throw invalid(integrity, 'it is too long')
  const hashes = integrity.split(/\s+/).map((hash) => hash.replace(/\?.*$/, ''))
  for (const algorithm of ['sha512', 'sha1'] as const) {
    const found = new Set(hashes.filter((hash) => hash.startsWith(`${algorithm}-`)))
    if (algorithm === 'sha1' && found.size === 0 && dist.shasum !== undefined) {
      found.add(fromShasum(dist.shasum))
    }
    const [first] = found
    if (found.size > 1) throw invalid(integrity, `it gives more than one ${algorithm}`)
    if (first !== undefined) {
      checkIntegrity(first)
      return first
    }
  }
  throw invalid(integrity, 'it gives neither a sha512 nor a sha1')
}

function fromShasum(shasum: string): string {
  if (!/^[0-9a-f]{40}$/i.test(shasum)) throw invalid(shasum, 'a shasum has 40 hex digits')
  return formatIntegrity('sha1', Buffer.from(shasum, 'hex'))
}

function invalid(integrity: string, reason: string): SteleError {
  return new SteleError('integrity_invalid', { integrity: integrity.slice(0, 256), reason })
}

/** The digest of an integrity, SRI, in hex. The text was checked before. */
export function hexOfIntegrity(integrity: string): string {
  return Buffer.from(integrity.slice(integrity.indexOf('-') + 1), 'base64').toString('hex')
}
