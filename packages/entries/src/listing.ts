// How a service lists a folder of its files, for programs: what `/-/files/…` answers whoever accepts JSON.
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'

/** The beginning of the address of a file, below the service's root. */
export const filesRoot = '/-/files/'

/** The listing of a folder. The names of folders within it end with a slash. */
export function listingOf(path: string, entries: readonly string[]): JsonObject {
  return { path, entries: [...entries] }
}

/** The names of a listing, undefined where the bytes are none. */
export function parseListing(bytes: Uint8Array): readonly string[] | undefined {
  const listing = parse(bytes)
  const entries = isJsonObject(listing) ? listing['entries'] : undefined
  if (!Array.isArray(entries)) return undefined
  const names = entries.filter((name) => typeof name === 'string')
  return names.length === entries.length ? names : undefined
}

function parse(bytes: Uint8Array): JsonValue | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
