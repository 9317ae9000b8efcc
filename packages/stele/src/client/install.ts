// An installation: what the package.jsons want, resolved or taken from the lock, fetched into the store, linked into node_modules.
import { existsSync } from 'node:fs'
import { lockedOf } from '@stele/locks'
import type { Graph } from '@stele/resolve/graph'
import { apply } from './apply.ts'
import type { InstallOptions, InstallReport, ProjectChange } from './installation.ts'
import { type LockAsked, lockPathOf, needLock, planLock } from './lock/lock-file.ts'
import { withPins } from './project/pins.ts'
import { type Project, readProject } from './project/project.ts'
import { findRoot, workspacePatterns } from './project/workspaces.ts'
import { takeSnapshot } from './repeat/state.ts'
import { findUpToDate } from './repeat/up-to-date.ts'
import { resolveGraph } from './resolving/resolve-graph.ts'
import { readResolveSettings } from './resolving/resolve-settings.ts'
import { hasOwnScripts, type OwnScriptsAsked } from './scripts/lifecycle.ts'
import { readPatches } from './scripts/patches.ts'
import { takeTurns } from './store/hold.ts'
import { storeFolder } from './store/registered.ts'
import { openWorld, portsOf } from './world.ts'

/** Installs the project that this folder belongs to, once others are done with it. */
export async function install(options: InstallOptions): Promise<InstallReport> {
  return (await installGraph(options)).report
}

/** What was done, and what is installed now. */
type Installed = { readonly report: InstallReport; readonly graph: Graph }

/** As install(), with what is installed now. */
export async function installGraph(options: InstallOptions): Promise<Installed> {
  if (options.change !== undefined) return runScriptsAfter(options, await installInTurn(options))
  const project = await readProject(options.root)
  if (!runsOwn(options, project)) return installInTurn(options, project)
  const { runBefore } = await import('../scripts/own-scripts.ts')
  await runBefore(project, { ...options, ...options.scripts })
  return runScriptsAfter(options, upToDate(options, project) ?? (await installInTurn(options)))
}

type WithScripts = InstallOptions & { readonly scripts: OwnScriptsAsked }

function runsOwn(options: InstallOptions, project: Project): options is WithScripts {
  const { scripts, isDryRun, isLockOnly } = options
  const isDone = isDryRun !== true && isLockOnly !== true
  return scripts !== undefined && isDone && hasOwnScripts(project, scripts)
}

async function runScriptsAfter(options: InstallOptions, installed: Installed): Promise<Installed> {
  if (options.isDryRun === true) return installed // There may be no package.json.
  const project = await readProject(options.root)
  if (!runsOwn(options, project)) return installed
  const { added, removed, changes } = installed.report
  const isChanged = added.length > 0 || removed > 0 || changes.length > 0
  const { runAfter } = await import('../scripts/own-scripts.ts')
  await runAfter(project, { ...options, ...options.scripts }, { isChanged })
  return installed
}

/** What there is to say where nothing but the project's own scripts is to be done. */
function upToDate({ typed, isFresh }: InstallOptions, { root }: Project): Installed | undefined {
  if (typed === undefined || isFresh === true) return undefined
  const startMs = performance.now()
  const { words, environment } = typed
  const asked = { cwd: process.cwd(), arguments: words, env: environment, withScripts: true }
  const packages = findUpToDate(asked)
  if (packages === undefined) return undefined
  const nothing = { added: [], removed: 0, isChanged: false, fetched: 0, changes: [] }
  const tookMs = Math.round(performance.now() - startMs)
  return {
    report: { ...nothing, packages, mismatches: [], notices: [], tookMs },
    get graph() {
      return needLock(root).graph // Nobody asks for it who installs all of a project.
    },
  }
}

/** The project may have been read before, as long as nobody else had it since. */
async function installInTurn(options: InstallOptions, known?: Project): Promise<Installed> {
  const root = known?.root ?? (await findRoot(options.root))
  let hasWaited = false
  using _ = await takeTurns(root, storeFolder(options.env), (line) => {
    hasWaited = true
    options.reporter?.say(line)
  })
  const change = await options.change?.()
  const isKnown = known !== undefined && !hasWaited && change === undefined
  const project = isKnown ? known : await readProject(root, change?.texts)
  return await installNow(options, project, change)
}

async function installNow(
  options: InstallOptions,
  project: Project,
  change: ProjectChange | undefined,
): Promise<Installed> {
  const startMs = performance.now()
  const startedMs = Date.now()
  const { isFrozen } = options
  const relock = options.relock ?? relockFor(options, change)
  const { root, importers: wanted } = project
  const settings = readResolveSettings(project)
  const snapshot = snapshotOf(project, options.env, startedMs)
  const { locked, rules } = settings
  const plan = await planLock({ root, wanted, settings: locked, rules, isFrozen, relock })
  const world = openWorld(options, root)
  using _ = options.reporter?.watch(world.progress)
  try {
    const resolved =
      plan.current === undefined
        ? await resolveGraph({
            ...world,
            env: options.env,
            project,
            rules: {
              locked: withPins(plan.locked, change?.pins),
              ...settings.rules,
              dedupes: options.dedupes,
            },
            ports: () => portsOf(world, options.isDryRun === true || options.isLockOnly === true),
          })
        : { graph: plan.current, mismatches: [], unusedOverrides: [] }
    const report = await apply({
      options,
      project,
      plan,
      rules,
      snapshot,
      world,
      resolved,
      change,
      install,
    })
    const tookMs = Math.round(performance.now() - startMs)
    return { report: { ...report, tookMs }, graph: resolved.graph }
  } finally {
    world.close()
  }
}

/** Even where the lock fits, there may be something to resolve. */
function relockFor(
  { root, dedupes }: InstallOptions,
  change: ProjectChange | undefined,
): LockAsked['relock'] {
  const hasPins = change?.pins !== undefined && existsSync(lockPathOf(root))
  return dedupes === true || hasPins ? (before) => before && lockedOf(before) : undefined
}

function snapshotOf(project: Project, env: NodeJS.ProcessEnv, startedMs: number) {
  const { root, importers, manifests, settingsFile } = project
  const patterns = workspacePatterns(manifests[0]?.manifest ?? {}, settingsFile)
  const patches = readPatches(project).map(({ path }) => path)
  const watched = { root, env, importers, patterns, patches }
  return { ...watched, snapshot: takeSnapshot(watched, startedMs) }
}
