// What makes other packages of those that were unpacked: patches of the project, and install scripts that it approved. Other scripts are
// told of.
import type { RegistryConfig } from '@stele/fetch'
import type { Store } from '@stele/install'
import { type Graph, type InstanceKey, type PackageId, releaseOf } from '@stele/resolve/graph'
import { approvedOf, readApprovals } from '../../scripts/approvals.ts'
import type { InstallProject } from '../../scripts/build.ts'
import { findWishes, type Wish } from '../../scripts/install-scripts.ts'
import { againOf, type Placing } from '../layout/placing.ts'
import { type Project } from '../project/project.ts'
import { rootManifest } from '../resolving/resolve-settings.ts'
import type { OwnScriptsAsked } from './lifecycle.ts'
import { findPatched, readPatches } from './patches.ts'

/** What an installation does about them. */
export type DependencyScripts = {
  /** For planning: which packages are built, and for what. */
  readonly builds: ReadonlyMap<InstanceKey, string> | undefined
  /** Builds what is not built yet; tells where the files of each package are then, and what a person should know. */
  readonly finish: (
    placing: Placing,
    contentsOf: (key: InstanceKey) => string,
  ) => Promise<{
    readonly contentsOf: (key: InstanceKey) => string
    readonly notices: readonly string[]
  }>
}

/** What is decided by. */
export type DependencyScriptsOf = {
  readonly project: Project
  readonly resolved: { readonly graph: Graph; readonly selected: ReadonlySet<InstanceKey> }
  readonly store: Store
  readonly config: RegistryConfig
  readonly libc: () => string | undefined
  readonly options: {
    readonly env: NodeJS.ProcessEnv
    readonly main: URL
    readonly reporter?: { readonly say: (line: string) => void } | undefined
    /** Packages whose scripts run once more. */
    readonly rebuilds?: ReadonlySet<PackageId> | undefined
    /** Without it none is run. */
    readonly scripts?: OwnScriptsAsked | undefined
  }
  /** Installs a project: what is built from a repository is one. */
  readonly install: InstallProject
}

/** Decides which scripts run. What runs them is loaded only where there are any. */
export async function openDependencyScripts(of: DependencyScriptsOf): Promise<DependencyScripts> {
  const { project, store, config } = of
  const { scripts, env, main } = of.options
  const { graph, selected } = of.resolved
  const approvals = readApprovals(rootManifest(project))
  const { approveWith = 'stele approve' } = scripts ?? {}
  const isIgnored = scripts?.isIgnored === true || config.setting('ignore-scripts') === 'true'
  const approved =
    scripts === undefined || isIgnored ? new Set<string>() : approvedOf(approvals, graph, selected)
  const { patches, unused } = findPatched(project.root, readPatches(project), of.resolved)
  const unusedLines = unused.map(
    ({ key }) => `The patch for "${key}" fits nothing that is installed`,
  )
  const tell = (placing: Placing, contentsOf: (key: InstanceKey) => string): readonly string[] => {
    const isQuiet = isIgnored && approved.size === 0
    const wishes = isQuiet ? [] : findWishes({ ...placing, graph, store, contentsOf, approvals })
    return [...unusedLines, ...openNotices(wishes, approveWith)]
  }
  if (approved.size === 0 && patches.size === 0) {
    return {
      builds: undefined,
      finish: (placing, contentsOf) =>
        Promise.resolve({ contentsOf, notices: tell(placing, contentsOf) }),
    }
  }
  const { buildApproved } = await import('../../scripts/build.ts')
  const { buildTarget } = await import('../../scripts/build-target.ts')
  const target =
    approved.size === 0
      ? undefined
      : buildTarget({ env, libc: of.libc(), config, root: project.root })
  const keys = new Set([...approved, ...patches.keys()])
  const textOf = (key: InstanceKey): string => {
    const patch = patches.get(key)
    const built = target && approved.has(key) ? [target(releaseOf(graph, key))] : []
    return [...built, ...(patch === undefined ? [] : [`patch ${patch.digest}`])].join(' ')
  }
  return {
    builds: new Map([...keys].map((key) => [key, textOf(key)])),
    finish: async (placing, found) => {
      const say = (line: string): void => of.options.reporter?.say(line)
      const how = scripts ?? { ...quiet, stop: new AbortController().signal }
      const world = { ...how, root: project.root, env, main, say, install: of.install }
      const again = againOf(placing, of.options.rebuilds)
      const building = {
        ...world,
        placing,
        graph,
        store,
        approved,
        patches,
        again,
        contentsOf: found,
      }
      const { contentsOf, notices } = await buildApproved(building)
      return { contentsOf, notices: [...notices, ...tell(placing, contentsOf)] }
    },
  }
}

/** Where nobody said anything of scripts, none is run. */
const quiet = {
  command: 'install',
  isWhole: false,
  isIgnored: true,
  isData: true,
  isLoud: false,
  approveWith: 'stele approve',
}

const maxNamed = 8

/** What nobody has decided on, in a line. */
function openNotices(wishes: readonly Wish[], approveWith: string): readonly string[] {
  const open = wishes.filter(({ verdict }) => verdict === 'open').map(({ id }) => id)
  const changed = wishes.filter(({ verdict }) => verdict === 'changed')
  const rest = open.length - maxNamed
  const names = [...open.slice(0, maxNamed), ...(rest > 0 ? [`${rest} more`] : [])].join(', ')
  const what = open.length === 1 ? 'The install scripts of' : 'Install scripts were not run, of'
  const end = open.length === 1 ? ' were not run' : ''
  const doing = approveWith.includes('approve')
    ? 'shows them, and runs those that you want'
    : 'runs them'
  const next = `"${approveWith}" ${doing}`
  return [
    ...(open.length === 0 ? [] : [`${what} ${names}${end}: ${next}`]),
    ...changed.map(
      ({ id }) =>
        `Install scripts of ${id} were not run: they are approved for other contents than it, or what it depends on, has now. "${approveWith}" shows them`,
    ),
  ]
}
