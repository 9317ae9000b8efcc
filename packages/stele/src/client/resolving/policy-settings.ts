// The policy of what may be chosen, from where people write it: "stele" in the root's package.json, pnpm-workspace.yaml, .npmrc.
import type { Registries, RegistryConfig } from '@stele/fetch'
import { type JsonObject, type JsonValue } from '@stele/formats/json'
import { minimumAgeMs } from '../limits.ts'
import type { Project } from '../project/project.ts'
import { askedOnce } from '../sources/asked-once.ts'
import type { Policy, Publications } from './policies.ts'
import { objectIn, rootManifest } from './resolve-settings.ts'

/** Reads the policy that holds for the project now. */
export function readPolicy(project: Project, config: RegistryConfig, nowMs: number): Policy {
  const places = [objectIn(rootManifest(project)['stele']), project.settingsFile]
  const first = (name: string): JsonValue | undefined =>
    places.map((place) => place[name]).find((value) => value !== undefined)
  const before = config.setting('before') ?? ''
  const beforeMs = Date.parse(before)
  const trust = first('trustPolicy')
  return {
    nowMs,
    minimumAgeMs: ageOf(first('minimumReleaseAge'), config.setting('min-release-age')),
    beforeMs: Number.isNaN(beforeMs) ? undefined : beforeMs,
    ageExcluded: textsIn(first('minimumReleaseAgeExclude')),
    isDowngradeRefused: trust !== 'off',
    trustExcluded: textsIn(first('trustPolicyExclude')),
    ownScopes: new Set(ownScopes(project, config)),
  }
}

const minuteMs = 60 * 1000
const dayMs = 24 * 60 * minuteMs

/** pnpm counts minutes, npm days. */
function ageOf(minutes: JsonValue | undefined, days: string | undefined): number {
  if (typeof minutes === 'number') return minutes * minuteMs
  const found = Number(days ?? Number.NaN)
  return Number.isNaN(found) ? minimumAgeMs : found * dayMs
}

function textsIn(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

/** Those of the project's package.jsons, and of its dependencies from a registry that .npmrc names for the scope alone. */
function ownScopes({ importers }: Project, config: RegistryConfig): readonly string[] {
  const usual = config.registryOf('a')
  const own = importers.flatMap(({ name = '' }) => scopeOf(name))
  const wanted = importers.flatMap(({ edges }) => edges.flatMap(({ name }) => scopeOf(name)))
  return [...own, ...wanted.filter((scope) => config.registryOf(`${scope}/a`) !== usual)]
}

function scopeOf(name: string): readonly string[] {
  return name.startsWith('@') ? [name.slice(0, name.indexOf('/'))] : []
}

/** What registries tell of publications, each package asked for once. */
export function publicationsFrom(registries: Registries): (name: string) => Promise<Publications> {
  return askedOnce(async (name) => readPublications(await registries.fullPackument(name)))
}

function readPublications(packument: object): Publications {
  const time: JsonObject = objectAt(packument, 'time')
  const versions = objectAt(packument, 'versions')
  return {
    time: Object.fromEntries(
      Object.entries(time).flatMap(([version, at]) =>
        typeof at === 'string' && Object.hasOwn(versions, version) ? [[version, at]] : [],
      ),
    ),
    isTrusted: (version) => {
      const publisher = objectIn(objectIn(versions[version])['_npmUser'])
      return publisher['trustedPublisher'] !== undefined
    },
  }
}

function objectAt(packument: object, name: string): JsonObject {
  const value: unknown = Reflect.get(packument, name)
  return isJson(value) ? value : {}
}

function isJson(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
