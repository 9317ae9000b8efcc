// A project with workspaces, and which of them are selected.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readProject } from '../src/client/project/project.ts'
import { selectWorkspaces, type WorkspacesAsked } from '../src/client/project/select-workspaces.ts'

export const nothing: WorkspacesAsked = {
  workspaces: [],
  filters: [],
  isRecursive: false,
  includesRoot: false,
}

/** app → lib → core; site → lib; tools alone. */
const manifests = {
  '.': { name: 'root', workspaces: ['apps/*', 'packages/*'] },
  'apps/app': { name: '@my/app', dependencies: { '@my/lib': 'workspace:^' } },
  'apps/site': { name: '@my/site', devDependencies: { l: 'workspace:@my/lib@*' } },
  'packages/core': { name: '@my/core', version: '1.0.0' },
  'packages/lib': { name: '@my/lib', dependencies: { '@my/core': '^1.0.0' } },
  'packages/tools': { name: 'tools', dependencies: { left: '*' } },
}

type Workspaces = Disposable & {
  readonly root: string
  /** The names of those that are selected, without their scope. */
  readonly select: (asked: Partial<WorkspacesAsked>, cwd?: string) => Promise<string>
}

/** Makes the project in a folder of its own. */
export function makeWorkspaces(): Workspaces {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'stele-select-'))
  for (const [folder, manifest] of Object.entries(manifests)) {
    const path = join(root, folder, 'package.json')
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, JSON.stringify(manifest))
  }
  return {
    root,
    select: async (asked, cwd = root) => {
      const project = await readProject(root)
      const found = selectWorkspaces(project, { ...nothing, ...asked }, { cwd, command: 'run' })
      return found.map(({ name }) => name.replace('@my/', '')).join(' ')
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}
