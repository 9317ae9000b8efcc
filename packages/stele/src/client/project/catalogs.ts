// Catalogs: versions that a workspace writes down once, for "catalog:" in its package.jsons.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'

/** Names of catalogs to what they hold. */
export type Catalogs = ReadonlyMap<string, JsonObject>

/** The catalogs of pnpm-workspace.yaml, and those of package.json, also below "workspaces" as bun has them. */
export function readCatalogs(manifest: JsonObject, settings: JsonObject): Catalogs {
  const { workspaces } = manifest
  const places = [objectIn(workspaces), manifest, settings]
  const named = places.flatMap((place) => Object.entries(objectIn(place['catalogs'])))
  const unnamed = places.map((place) => ['default', place['catalog']] as const)
  const found = new Map<string, JsonObject>()
  for (const [name, catalog] of [...named, ...unnamed]) {
    found.set(name, { ...found.get(name), ...objectIn(catalog) })
  }
  return found
}

function objectIn(value: JsonValue | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {}
}

/** A dependency, and the folder of the package.json that has it. */
type Written = { readonly name: string; readonly specifier: string; readonly folder: string }

/** The specifier, what stands behind `catalog:` taken from the catalog. Throws specifier_invalid. */
export function withoutCatalog(catalogs: Catalogs, { name, specifier, folder }: Written): string {
  const [, chosen] = /^\s*catalog:(.*)$/s.exec(specifier) ?? []
  if (chosen === undefined) return specifier
  const catalog = chosen.trim() === '' ? 'default' : chosen.trim()
  const found = catalogs.get(catalog)?.[name]
  if (typeof found === 'string') return found
  const which = catalog === 'default' ? 'the default catalog' : `the catalog "${catalog}"`
  const reason = catalogs.has(catalog)
    ? `${which} has no "${name}"`
    : 'neither pnpm-workspace.yaml nor package.json has that catalog'
  throw new SteleError('specifier_invalid', { name, specifier, reason, chain: [folder] })
}
