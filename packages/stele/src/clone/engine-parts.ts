// The blobs that an engine is made of.
import { isSteleError } from '@stele/errors'
import { parseEngine } from '@stele/host'

/** Their names; none where the bytes are no engine: a script, or what loading it will complain of. */
export function partNames(bytes: Uint8Array): readonly string[] {
  try {
    return Object.values(parseEngine(bytes).parts)
  } catch (error) {
    if (isSteleError(error, 'engine_invalid')) return []
    throw error
  }
}
