// What somebody who publishes is told while an upstream does not answer.
import { isSteleError, SteleError } from '@stele/errors'
import type { PackageName } from '@stele/formats/names'

/** Throws upstream_unsure for upstream_unreachable, and any other error as it is. */
export function sayUnsure(name: PackageName): (cause: unknown) => never {
  return (cause) => {
    if (!isSteleError(cause, 'upstream_unreachable')) throw cause
    const { what: _what, retryAfterS: _retry, ...told } = cause.details
    throw new SteleError('upstream_unsure', { ...told, name }, { cause })
  }
}
