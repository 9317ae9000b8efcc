// Whether a tarball is the one that was meant.
import { hash } from 'node:crypto'
import { SteleError } from '@stele/errors'

/** What a tarball must be. */
type Expected = {
  readonly spec: string
  readonly url: string
  /** One or several hashes: one of the strongest must be right. Nothing is known where it is absent. */
  readonly integrity?: string | undefined
}

const algorithms = ['sha512', 'sha384', 'sha256', 'sha1'] as const

/** The integrity that the bytes have, SHA-512 where nothing was expected. Throws integrity_mismatch. */
export function checkBytes(bytes: Uint8Array, { spec, url, integrity }: Expected): string {
  const wanted = integrity?.split(/\s+/).map((one) => one.replace(/\?.*$/, '')) ?? []
  const known = algorithms.find((each) => wanted.some((one) => one.startsWith(`${each}-`)))
  const algorithm = known ?? 'sha512'
  const found = `${algorithm}-${hash(algorithm, bytes, 'base64')}`
  if (integrity === undefined || wanted.includes(found)) return found
  throw new SteleError('integrity_mismatch', { spec, url, wanted: integrity, found })
}
