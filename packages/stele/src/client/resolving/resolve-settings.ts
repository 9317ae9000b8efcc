// What a project says of how it is resolved: overrides, forgotten dependencies, what may be chosen. npm's, pnpm's and yarn's places
// for it are read; what Stele alone knows stands below "stele" in the package.json of the root.
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import {
  Overrides,
  parseOverrides,
  parseResolutions,
  type ResolveRules,
  seedRanges,
} from '@stele/resolve'
import type { Release } from '@stele/resolve/graph'
import { withoutCatalog } from '../project/catalogs.ts'
import type { Project } from '../project/project.ts'
import { type Extension, extendBy, parseExtensions } from './extensions.ts'

/** The settings, and those of them that a lock depends on, as it holds them. */
export type ResolveSettings = {
  readonly rules: Pick<ResolveRules, 'overrides' | 'extend' | 'ranges' | 'allowsSource'>
  readonly locked: JsonObject
}

/** Reads the settings of the project. Throws override_invalid, specifier_invalid. */
export function readResolveSettings(project: Project): ResolveSettings {
  const { settingsFile } = project
  const manifest = rootManifest(project)
  const pnpm = objectIn(manifest['pnpm'])
  const own = objectIn(manifest['stele'])
  const readValue = (name: string, value: string): string => meaningOf(project, { name, value })
  const rules = [
    ...parseOverrides(
      { ...objectIn(pnpm['overrides']), ...objectIn(settingsFile['overrides']) },
      readValue,
    ),
    ...parseOverrides(objectIn(manifest['overrides']), readValue),
    ...parseResolutions(objectIn(manifest['resolutions']), readValue),
  ]
  const extensions: readonly Extension[] = parseExtensions({
    ...objectIn(pnpm['packageExtensions']),
    ...objectIn(settingsFile['packageExtensions']),
    ...objectIn(manifest['packageExtensions']),
  })
  const isSeed = own['ranges'] === 'seed'
  return {
    rules: {
      overrides: rules.length === 0 ? undefined : new Overrides(rules),
      extend: extensions.length === 0 ? undefined : (release) => extendBy(extensions, release),
      ranges: isSeed ? seedRanges : undefined,
      allowsSource: allowance(own['exoticDependencies'], settingsFile['blockExoticSubdeps']),
    },
    locked: {
      ...(rules.length === 0 ? {} : { overrides: Object.fromEntries(rules.flatMap(writtenOf)) }),
      ...(extensions.length === 0 ? {} : { extensions: extensionsText(extensions) }),
      ...(isSeed ? { ranges: 'seed' } : {}),
    },
  }
}

/** The package.json of the root. */
export function rootManifest({ manifests }: Project): JsonObject {
  return manifests.find(({ folder }) => folder === '.')?.manifest ?? {}
}

/** The object, or an empty one where there is none. */
export function objectIn(value: JsonValue | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {}
}

/** `$name` is what the project itself depends on by that name. */
function meaningOf(
  project: Project,
  { name, value }: { readonly name: string; readonly value: string },
): string {
  if (value.startsWith('$')) {
    const root = project.importers.find(({ folder }) => folder === '.')
    const wanted = root?.edges.find((edge) => edge.name === value.slice(1))?.specifier
    return wanted ?? value
  }
  return withoutCatalog(project.catalogs, { name, specifier: value, folder: '.' })
}

type Rule = ReturnType<typeof parseOverrides>[number]

function writtenOf({ key, value, below }: Rule): readonly (readonly [string, string])[] {
  return [...(value === undefined ? [] : [[key, value] as const]), ...below.flatMap(writtenOf)]
}

function extensionsText(extensions: readonly Extension[]): JsonObject {
  return Object.fromEntries(extensions.map(({ key, added }) => [key, added]))
}

function allowance(
  own: JsonValue | undefined,
  block: JsonValue | undefined,
): ResolveRules['allowsSource'] {
  if (own === true || block === false) return () => true
  const names = Array.isArray(own) ? own : []
  return ({ kind }, by: Release) => kind !== 'catalog' && names.includes(by.name)
}
