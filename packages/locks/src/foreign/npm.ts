// package-lock.json and npm-shrinkwrap.json: where each package lies in node_modules. Versions 1 to 4.
import type { JsonObject } from '@stele/formats/json'
import type { Locked } from '@stele/resolve'
import { type Found, lockedFrom, splitId } from './found.ts'
import { objectsIn, textIn } from './values.ts'

/** Packages by the folder that they lie in, from the project's root on. */
type Locations = Map<string, Found>

/** The lock that the document is. */
export function readNpmLock(document: JsonObject): Locked {
  const locations: Locations = new Map()
  if (document['packages'] === undefined) addNested(locations, document, '')
  else addAll(locations, document)
  const places = new Map<string, string>()
  for (const [location, { name, version }] of locations) {
    const known = places.get(`${name}@${version}`)
    if (known === undefined || location.length < known.length)
      places.set(`${name}@${version}`, location)
  }
  return lockedFrom(locations.values(), (from, { name }) => {
    const place = places.get(from) ?? (from === '.' ? '' : from)
    return lookUp(locations, place, name)
  })
}

/** Versions 2 and later: `packages`, by folder. */
function addAll(locations: Locations, document: JsonObject): void {
  for (const [location, entry] of objectsIn(document['packages'])) {
    const [, inFolder] = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(location) ?? []
    const version = textIn(entry['version'])
    if (inFolder === undefined || version === undefined || entry['link'] === true) continue
    const name = textIn(entry['name']) ?? inFolder
    locations.set(location, { name, version, integrity: textIn(entry['integrity']) })
  }
}

/** Version 1: `dependencies` within `dependencies`. */
function addNested(locations: Locations, parent: JsonObject, above: string): void {
  for (const [inFolder, entry] of objectsIn(parent['dependencies'])) {
    const text = textIn(entry['version']) ?? ''
    const location = `${above}node_modules/${inFolder}`
    const alias = text.startsWith('npm:') ? splitId(text.slice('npm:'.length)) : undefined
    const { name, version } = alias ?? { name: inFolder, version: text }
    locations.set(location, { name, version, integrity: textIn(entry['integrity']) })
    addNested(locations, entry, `${location}/`)
  }
}

/** As Node looks: in the node_modules of each folder, from this one up. */
function lookUp(locations: Locations, from: string, name: string): Found | undefined {
  const parts = from === '' ? [] : from.split('/')
  for (let count = parts.length; count >= 0; count--) {
    if (parts[count - 1] === 'node_modules') continue
    const found = locations.get([...parts.slice(0, count), 'node_modules', name].join('/'))
    if (found !== undefined) return found
  }
  return undefined
}
