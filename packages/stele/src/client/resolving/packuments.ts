// What registries tell of packages, for commands that ask before anything is installed.
import { type Freshness, readConfig } from '@stele/fetch'
import { absentVersion, parseSpecifier, pickVersion, refusedVersion } from '@stele/resolve'
import type { Packument, Release } from '@stele/resolve/graph'
import semver from 'semver'
import { emptyProject, type Project } from '../project/project.ts'
import { askedOnce } from '../sources/asked-once.ts'
import { pathNode } from '../store/path-node.ts'
import { createRefusal } from './policies.ts'
import { publicationsFrom, readPolicy } from './policy-settings.ts'
import { openOwnRegistries } from './registries.ts'

/** The registries of a project, each package asked for once. */
export type Packuments = {
  readonly of: (name: string) => Promise<Packument>
  /** The version that is meant, and may be chosen. Throws version_absent, version_refused. */
  readonly choose: (packument: Packument, wanted: string) => Promise<ChosenVersion>
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

/** A version, and newer ones that were passed over, each with the reason. */
type ChosenVersion = {
  readonly release: Release
  readonly refused: ReadonlyMap<string, string>
}

/** Asks the registries that hold at this root, under the rules of the project; without one, those that hold for any. */
export function openPackuments(
  { root, env, freshness }: Asked,
  project: Project = emptyProject(root),
): Packuments {
  const config = readConfig(root, env)
  const registries = openOwnRegistries(config, env, freshness)
  const refuse = createRefusal(
    readPolicy(project, config, Date.now()),
    publicationsFrom(registries),
  )
  const choose: Packuments['choose'] = async (packument, wanted) => {
    const { version: nodeVersion } = pathNode(env)
    const refused = new Map<string, string>()
    const isAllowed = ({ version }: Release): boolean => !refused.has(version)
    for (;;) {
      const release = pickVersion(packument, wanted, { nodeVersion, isAllowed })
      if (release === undefined || refused.has(release.version)) break
      const isAsked = semver.valid(wanted) !== null
      const reason = isAsked ? undefined : await refuse(packument, release)
      if (reason === undefined) return { release, refused }
      refused.set(release.version, reason)
    }
    // What is kept may be older than the version that is meant.
    if (registries.distrustKept()) return choose(await registries.packument(packument.name), wanted)
    throw refused.size === 0
      ? absentVersion(packument, wanted)
      : refusedVersion(packument, wanted, refused)
  }
  return {
    of: askedOnce(registries.packument),
    choose,
    nameOf: async (specifier, from) => {
      const { openSources } = await import('../sources/sources.ts')
      const sources = openSources(root, registries, env)
      return (await sources.find(parseSpecifier('x', specifier), from)).release.name
    },
    setting: config.setting,
    close: registries.close,
  }
}
