// What registries tell of packages, for commands that ask before anything is installed.
import { openRegistries, readConfig } from '@stele/fetch'
import { pickVersion } from '@stele/resolve'
import type { Packument, Release } from '@stele/resolve/graph'
import semver from 'semver'
import { askedOnce } from './asked-once.ts'
import { createRefusal } from './policies.ts'
import { publicationsFrom, readPolicy } from './policy-settings.ts'
import type { Project } from './project.ts'

/** The registries of a project, each package asked for once. */
export type Packuments = {
  readonly of: (name: string) => Promise<Packument>
  /** The version that is meant and may be chosen; one that may not be where there is no other: resolving tells why. */
  readonly choose: (packument: Packument, wanted: string) => Promise<Release | undefined>
  readonly close: () => void
}

/** Asks the registries that hold at this root, under the rules of the project where there is one. */
export function openPackuments(
  { root, env }: { readonly root: string; readonly env: NodeJS.ProcessEnv },
  project?: Project,
): Packuments {
  const config = readConfig(root)
  const registries = openRegistries(config, env)
  const refuse =
    project === undefined
      ? () => undefined
      : createRefusal(readPolicy(project, config, Date.now()), publicationsFrom(registries))
  return {
    of: askedOnce(registries.packument),
    choose: async (packument, wanted) => {
      const refused = new Set<string>()
      const { node: nodeVersion } = process.versions
      const isAllowed = ({ version }: Release): boolean => !refused.has(version)
      for (;;) {
        const release = pickVersion(packument, wanted, { nodeVersion, isAllowed })
        if (release === undefined) return pickVersion(packument, wanted, { nodeVersion })
        const isAsked = semver.valid(wanted) !== null
        if (isAsked || (await refuse(packument, release)) === undefined) return release
        refused.add(release.version)
      }
    },
    close: registries.close,
  }
}
