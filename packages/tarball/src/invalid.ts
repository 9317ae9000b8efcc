// The error of this package.
import { SteleError } from '@stele/errors'

/** A tarball that cannot be read; `reason` follows "Cannot read the tarball: ". */
export function invalid(reason: string, cause?: unknown): SteleError<'tarball_invalid'> {
  return new SteleError('tarball_invalid', { reason }, { cause })
}
