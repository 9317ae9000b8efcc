// What registries tell of packages, for commands that ask before anything is installed.
import { type Freshness, readConfig } from '@stele/fetch'
import { parseSpecifier, pickVersion } from '@stele/resolve'
import type { Packument, Release } from '@stele/resolve/graph'
import semver from 'semver'
import { askedOnce } from './asked-once.ts'
import { createRefusal } from './policies.ts'
import { publicationsFrom, readPolicy } from './policy-settings.ts'
import type { Project } from './project.ts'
import { openOwnRegistries } from './registries.ts'

/** The registries of a project, each package asked for once. */
export type Packuments = {
  readonly of: (name: string) => Promise<Packument>
  /** The version that is meant and may be chosen; one that may not be where there is no other: resolving tells why. */
  readonly choose: (packument: Packument, wanted: string) => Promise<Release | undefined>
  /** What the package of a folder, a tarball or a repository is called. */
  readonly nameOf: (specifier: string, from: string) => Promise<string>
  /** A setting of npm. */
  readonly setting: (name: string) => string | undefined
  readonly close: () => void
}

type Asked = {
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  readonly freshness?: Freshness | undefined
}

/** Asks the registries that hold at this root, under the rules of the project where there is one. */
export function openPackuments({ root, env, freshness }: Asked, project?: Project): Packuments {
  const config = readConfig(root, env)
  const registries = openOwnRegistries(config, env, freshness)
  const refuse =
    project === undefined
      ? () => undefined
      : createRefusal(readPolicy(project, config, Date.now()), publicationsFrom(registries))
  const { node: nodeVersion } = process.versions
  const choose: Packuments['choose'] = async (packument, wanted) => {
    const refused = new Set<string>()
    const isAllowed = ({ version }: Release): boolean => !refused.has(version)
    for (;;) {
      const release = pickVersion(packument, wanted, { nodeVersion, isAllowed })
      if (release === undefined) break
      const isAsked = semver.valid(wanted) !== null
      if (isAsked || (await refuse(packument, release)) === undefined) return release
      refused.add(release.version)
    }
    // What is kept may be older than the version that is meant.
    if (registries.distrustKept()) return choose(await registries.packument(packument.name), wanted)
    return pickVersion(packument, wanted, { nodeVersion })
  }
  return {
    of: askedOnce(registries.packument),
    choose,
    nameOf: async (specifier, from) => {
      const { openSources } = await import('./sources.ts')
      const sources = openSources(root, registries, env)
      return (await sources.find(parseSpecifier('x', specifier), from)).release.name
    },
    setting: config.setting,
    close: registries.close,
  }
}
