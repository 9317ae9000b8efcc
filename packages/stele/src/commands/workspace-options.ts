// The options that say which packages of a workspace a command is for.
import { SteleError } from '@stele/errors'
import {
  asksForWorkspaces,
  type Member,
  selectWorkspaces,
  type WorkspacesAsked,
} from '../client/project/select-workspaces.ts'
import type { Input, Usage } from './command.ts'

/** The options; read by readWorkspaces(). */
export const workspaceOptions: Usage['options'] = {
  workspace: {
    type: 'string',
    short: 'w',
    value: 'name|folder',
    multiple: true,
    summary: 'in this package of the workspace; may be given several times',
  },
  filter: {
    type: 'string',
    short: 'F',
    value: 'filter',
    multiple: true,
    summary: 'in the packages that this finds, such as "@scope/*", "./apps/*" or "app..."',
  },
  recursive: { type: 'boolean', short: 'r', summary: 'in all packages of the workspace' },
  workspaces: { type: 'boolean', as: 'recursive', summary: '' },
  'include-workspace-root': { type: 'boolean', summary: 'in the root of the workspace as well' },
}

/** The packages of the workspace that were asked for; undefined where none was named. Throws usage_wrong. */
export async function chosenMembers(
  input: Pick<Input, 'options'>,
  { folder, command }: { readonly folder: string; readonly command: string },
): Promise<Chosen | undefined> {
  const asked = readWorkspaces(input)
  if (!asksForWorkspaces(asked)) return undefined
  const { readProject } = await import('../client/project/project.ts')
  const project = await readProject(folder)
  const members = selectWorkspaces(project, asked, { cwd: folder, command })
  if (members.length > 0) return { root: project.root, members }
  const reason = 'No package of the workspace is meant by what was asked for'
  throw new SteleError('usage_wrong', { reason, command })
}

/** Whether a package.json is among those that were asked for. */
export function isChosen(chosen: Chosen | undefined, folder: string): boolean {
  return chosen === undefined || chosen.members.some((member) => member.folder === folder)
}

type Chosen = { readonly root: string; readonly members: readonly Member[] }

/** What was asked for. */
export function readWorkspaces({ options }: Pick<Input, 'options'>): WorkspacesAsked {
  const list = (name: string): readonly string[] => {
    const value = options[name]
    return typeof value === 'string' ? value.split(',').filter((each) => each !== '') : []
  }
  return {
    workspaces: list('workspace'),
    filters: list('filter'),
    isRecursive: options['recursive'] === true,
    includesRoot: options['include-workspace-root'] === true,
  }
}
