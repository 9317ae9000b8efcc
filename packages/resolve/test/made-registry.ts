// A registry in memory, whose answers come in any order.
import { SteleError } from '@stele/errors'
import type { ResolvePorts, WantedImporter } from '../src/crawl.ts'
import type { Packument, Release } from '../src/packument.ts'

/** What a test writes of a version: the rest is made up. */
type MadeRelease = Omit<Partial<Release>, 'name' | 'version' | 'dist'>

/** Packages by name, versions by number; the highest that is no prerelease is the latest. */
export type MadeRegistry = { readonly [name: string]: { readonly [version: string]: MadeRelease } }

/** Answers after as many turns as `delay` says for the name. */
export function portsOf(
  made: MadeRegistry,
  delay: (name: string) => number = () => 0,
): ResolvePorts {
  return {
    packument: async (name) => {
      for (let turn = delay(name); turn > 0; turn--) await Promise.resolve()
      if (!Object.hasOwn(made, name)) {
        throw new SteleError('package_absent', { name, registry: 'registry.test/', chain: [] })
      }
      return packumentOf(name, made[name] ?? {})
    },
    other: () => Promise.reject(new Error('Nothing else is known')),
  }
}

/** The packument of these versions. */
export function packumentOf(name: string, made: MadeRegistry[string]): Packument {
  const versions = Object.entries(made).map(([version, release]) => [
    version,
    { ...release, name, version, dist: { tarball: '', integrity: `sha512-${name}@${version}` } },
  ])
  const stable = Object.keys(made).filter((version) => !version.includes('-'))
  const latest = stable.at(-1) ?? Object.keys(made).at(-1) ?? ''
  return { name, 'dist-tags': { latest }, versions: Object.fromEntries(versions) }
}

/** A package.json with these dependencies. */
export function wanting(
  dependencies: { readonly [name: string]: string },
  {
    folder = '.',
    name = '',
    version = '1.0.0',
  }: { readonly folder?: string; readonly name?: string; readonly version?: string } = {},
): WantedImporter {
  const edges = Object.entries(dependencies).map(([dependency, specifier]) => ({
    name: dependency,
    specifier,
    kind: 'dependencies' as const,
  }))
  return { folder, name, version, edges }
}
