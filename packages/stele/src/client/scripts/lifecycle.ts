// Which scripts of a project an installation runs, and when: npm's order. What runs them is loaded only where there are any.
import { isJsonObject } from '@stele/formats/json'
import type { Project } from '../project/project.ts'

/** Of the root, where all of the project is installed: before anything is resolved, so that it may make .npmrc. */
export const beforeEvents: readonly string[] = ['preinstall']
/** Of the root, when all else is done. */
export const afterEvents: readonly string[] = [
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
]
/** Of the root, where other packages are installed than before. */
export const changeEvents: readonly string[] = [
  'predependencies',
  'dependencies',
  'postdependencies',
]
/** Of the packages of a workspace, each in all of them before the next. */
export const memberEvents: readonly string[] = ['preinstall', 'prepare', 'install', 'postinstall']

/** Which scripts may be run. */
export type OwnScriptsAsked = {
  /** What npm would call the command. */
  readonly command: string
  /** Those of the root as well: all of the project is installed, and nothing is added to it. */
  readonly isWhole: boolean
  readonly isIgnored: boolean
  /** Standard output is for data: scripts write to standard error. */
  readonly isData: boolean
  /** Shows what scripts of the workspace print, which is shown else where one fails. */
  readonly isLoud: boolean
  /** What a person types to see install scripts of dependencies, or to let them run. */
  readonly approveWith: string
  /** Ends the scripts that run. */
  readonly stop: AbortSignal
}

/** Whether the project has any script that this installation runs. */
export function hasOwnScripts(
  { manifests, members }: Project,
  { isWhole, isIgnored }: Pick<OwnScriptsAsked, 'isWhole' | 'isIgnored'>,
): boolean {
  if (isIgnored) return false
  const own = new Set(members)
  const ofRoot = [...changeEvents, ...(isWhole ? [...beforeEvents, ...afterEvents] : [])]
  return manifests.some(({ folder, manifest: { scripts } }) => {
    if (scripts === undefined || !isJsonObject(scripts)) return false
    const events = folder === '.' ? ofRoot : own.has(folder) ? memberEvents : []
    return events.some((event) => scripts[event] !== undefined)
  })
}
