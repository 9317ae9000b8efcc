// Dependencies that packages forgot to name, as "packageExtensions" adds them.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { nodeRanges } from '@stele/resolve'
import type { Release } from '@stele/resolve/graph'

/** What is added to which versions of a package; nothing that it says itself is changed. */
export type Extension = {
  readonly key: string
  readonly name: string
  readonly range: string
  readonly added: JsonObject
}

const extended = [
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
] as const

/** Reads `{ "name@range": { "dependencies": … } }`. Throws override_invalid. */
export function parseExtensions(written: JsonObject): readonly Extension[] {
  return Object.entries(written).map(([key, added]) => {
    const at = key.indexOf('@', 1)
    const [name, range] = at === -1 ? [key, '*'] : [key.slice(0, at), key.slice(at + 1)]
    if (added === undefined || !isJsonObject(added)) {
      throw new SteleError('override_invalid', { key, reason: 'a package extension is an object' })
    }
    return { key, name, range, added }
  })
}

/** The package with what the extensions add. */
export function extendBy(extensions: readonly Extension[], release: Release): Release {
  const meant = extensions.filter(
    ({ name, range }) =>
      name === release.name &&
      (range === '*' || nodeRanges.test(range)?.(release.version) === true),
  )
  let whole = release
  for (const { added } of meant) {
    const members = extended.flatMap((member) => {
      const more = added[member]
      if (more === undefined || !isJsonObject(more)) return []
      return [[member, { ...more, ...whole[member] }] as const]
    })
    whole = { ...whole, ...Object.fromEntries(members) }
  }
  return whole
}
