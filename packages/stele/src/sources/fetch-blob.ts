// A blob of a log, by its name.
import { hash } from 'node:crypto'
import type { VerifyPorts } from '@stele/audit'
import { blobPath, logRoot } from '@stele/entries/paths'
import { SteleError } from '@stele/errors'
import { maxFileBytes } from './limits.ts'

const statusOk = 200

/** The blob with this hex SHA-512; undefined where there is none. Throws `file_mismatch` where it is another. */
export async function fetchBlob(
  fetch: VerifyPorts['fetch'],
  name: string,
  maxBytes: number = maxFileBytes,
): Promise<Uint8Array | undefined> {
  const path = logRoot + blobPath(name)
  const { status, bytes } = await fetch(path, maxBytes)
  if (status !== statusOk) return undefined
  refuseLonger(path, bytes, maxBytes)
  const found = hash('sha512', bytes)
  if (found === name) return bytes
  const facts = { entry: null, what: 'its SHA-512', found, wanted: name }
  throw new SteleError('file_mismatch', { path, ...facts })
}

/** Of a file that is longer the rest was not read, so that its hash says nothing. Throws `file_mismatch`. */
export function refuseLonger(path: string, bytes: Uint8Array, maxBytes: number): void {
  if (bytes.length <= maxBytes) return
  const sizes = { found: `over ${maxBytes} bytes`, wanted: `at most ${maxBytes}` }
  throw new SteleError('file_mismatch', { path, entry: null, what: 'its size', ...sizes })
}
