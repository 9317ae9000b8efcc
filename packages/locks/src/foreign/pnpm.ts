// pnpm-lock.yaml: what each dependency is, written down edge by edge. Versions 6 and 9.
import type { JsonObject, JsonValue } from '@stele/formats/json'
import type { Locked } from '@stele/resolve'
import { type Found, lockedFrom, splitId } from './found.ts'
import { objectIn, objectsIn, textIn } from './values.ts'

const members = ['devDependencies', 'dependencies', 'optionalDependencies'] as const

/** The lock that the document is. */
export function readPnpmLock(document: JsonObject): Locked {
  const packages = new Map<string, Found>()
  for (const [key, entry] of objectsIn(document['packages'])) {
    const { name, version } = splitId(idIn(key))
    const integrity = textIn(objectIn(entry['resolution'])['integrity'])
    packages.set(`${name}@${version}`, { name, version, integrity })
  }
  const edges = new Map<string, Map<string, string>>()
  const addEdges = (from: string, entry: JsonObject): void => {
    const own = edges.get(from) ?? new Map<string, string>()
    edges.set(from, own)
    for (const member of members) {
      for (const [name, value] of Object.entries(objectIn(entry[member]))) {
        const target = targetOf(name, value)
        if (target !== undefined && !own.has(name)) own.set(name, target)
      }
    }
  }
  for (const [key, entry] of objectsIn(document['snapshots'] ?? document['packages'])) {
    addEdges(idIn(key), entry)
  }
  const importers = objectsIn(document['importers'])
  for (const [folder, entry] of importers) addEdges(folder, entry)
  if (importers.length === 0) addEdges('.', document)
  return lockedFrom(packages.values(), (from, { name }) =>
    packages.get(edges.get(from)?.get(name) ?? ''),
  )
}

/** `name@version` of a key, which version 6 begins with a slash and both end with peers in parentheses. */
function idIn(key: string): string {
  const [id = ''] = key.split('(', 1)
  return id.startsWith('/') ? id.slice(1) : id
}

/** What a dependency by that name is: a version, or another package's name and version. */
function targetOf(name: string, value: JsonValue | undefined): string | undefined {
  const text = typeof value === 'string' ? value : textIn(objectIn(value)['version'])
  if (text === undefined || text.startsWith('link:')) return undefined
  const id = idIn(text)
  return id.includes('@', 1) ? id : `${name}@${id}`
}
