// The scripts that a project has itself for being installed: those of its root around a whole installation, those of its workspace
// after any.
import { join } from 'node:path'
import { readConfig } from '@stele/fetch'
import type { Project } from '../client/project/project.ts'
import { inStages, selectWorkspaces } from '../client/project/select-workspaces.ts'
import {
  afterEvents,
  beforeEvents,
  changeEvents,
  memberEvents,
  type OwnScriptsAsked,
} from '../client/scripts/lifecycle.ts'
import { inTurns } from '../in-turns.ts'
import { nameOf, runEvents, type ScriptPackage } from './events.ts'
import { usualConcurrency } from './limits.ts'
import { type Output, openRunner } from './run-script.ts'

/** Where they are run. */
type Place = {
  readonly env: NodeJS.ProcessEnv
  readonly main: URL
  readonly reporter?: { readonly say: (line: string) => void } | undefined
}
type Asked = Place & OwnScriptsAsked

/** Runs those that come before an installation. Throws script_failed. */
export async function runBefore(project: Project, asked: Asked): Promise<void> {
  if (!asked.isWhole || isRefused(project)) return
  await runEvents(rootOf(project), { ...world(project, asked), names: beforeEvents })
}

/** Runs those that come after it. Throws script_failed. */
export async function runAfter(
  project: Project,
  asked: Asked,
  { isChanged }: { readonly isChanged: boolean },
): Promise<void> {
  if (isRefused(project)) return
  const own = world(project, asked)
  const quiet = { ...own, output: { kind: 'kept' } as const, say: () => {} }
  await runInWorkspace(project, (event, of) => {
    const mark = `${nameOf(of)}: `
    const how = asked.isLoud ? { ...own, output: { kind: 'marked', mark } as const } : quiet
    return runEvents(of, { ...how, names: [event] })
  })
  const root = rootOf(project)
  if (isChanged) {
    await runEvents(root, { ...(asked.isLoud ? own : quiet), names: changeEvents })
  }
  if (asked.isWhole) await runEvents(root, { ...own, names: afterEvents })
}

/** In all packages each event before the next; in those first that others depend on. */
async function runInWorkspace(
  project: Project,
  work: (event: string, of: ScriptPackage) => Promise<void>,
): Promise<void> {
  const { root } = project
  const all = { workspaces: [], filters: [], isRecursive: true, includesRoot: false }
  const members = selectWorkspaces(project, all, { cwd: root, command: 'install' })
  const stages = inStages(project, members)
  for (const event of memberEvents) {
    for (const stage of stages) {
      await inTurns(stage, usualConcurrency, ({ folder, manifest }) =>
        work(event, { folder: join(root, folder), manifest }),
      )
    }
  }
}

/** `ignore-scripts` of .npmrc. */
function isRefused({ root }: Project): boolean {
  return readConfig(root).setting('ignore-scripts') === 'true'
}

function world(project: Project, { isData, ...asked }: Asked) {
  const output: Output = { kind: 'shown', isData }
  const say = (line: string): void => asked.reporter?.say(line)
  return { runner: openRunner({ ...asked, root: project.root }), output, say }
}

function rootOf({ root, manifests }: Project): ScriptPackage {
  return { folder: root, manifest: manifests[0]?.manifest ?? {} }
}
