// bun.lock: packages by the path of names that leads to them, the nearest one first.
import type { JsonObject, JsonValue } from '@stele/formats/json'
import type { Locked } from '@stele/resolve'
import { type Found, lockedFrom, splitId } from './found.ts'
import { objectIn, objectsIn, textIn } from './values.ts'

/** JSON with commas before closing brackets, as bun writes it, as JSON. */
export function withoutSpareCommas(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, quoted?: string) => quoted ?? '')
}

/** The lock that the document is. */
export function readBunLock(document: JsonObject): Locked {
  const packages = new Map<string, Found>()
  const places = new Map<string, string>()
  for (const [path, entry] of Object.entries(objectIn(document['packages']))) {
    const found = foundIn(entry)
    if (found === undefined) continue
    packages.set(path, found)
    const id = `${found.name}@${found.version}`
    const known = places.get(id)
    if (known === undefined || path.length < known.length) places.set(id, path)
  }
  for (const [folder, workspace] of objectsIn(document['workspaces'])) {
    places.set(folder === '' ? '.' : folder, folder === '' ? '' : (textIn(workspace['name']) ?? ''))
  }
  return lockedFrom(packages.values(), (from, { name }) =>
    lookUp(packages, places.get(from) ?? '', name),
  )
}

/** `["name@version", registry, facts, integrity]`; of what is no registry's there is no version. */
function foundIn(entry: JsonValue | undefined): Found | undefined {
  if (!Array.isArray(entry)) return undefined
  const { name, version } = splitId(textIn(entry[0]) ?? '')
  if (!/^\d/.test(version)) return undefined
  return { name, version, integrity: textIn(entry.at(-1)) }
}

function lookUp(packages: ReadonlyMap<string, Found>, from: string, name: string) {
  const parts = from.match(/(?:@[^/]+\/)?[^/]+/g) ?? []
  for (let count = parts.length; count >= 0; count--) {
    const found = packages.get([...parts.slice(0, count), name].join('/'))
    if (found !== undefined) return found
  }
  return undefined
}
