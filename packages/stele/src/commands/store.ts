// stele store: where packages are kept on this machine, whether they are whole, and removing those that no project has.
import { existsSync, rmSync } from 'node:fs'
import { slotsOfProject } from '@stele/install'
import { type Damaged, pruneStore, verifyStore } from '@stele/install/clearing'
import { packumentFolder } from '../client/resolving/registries.ts'
import { hold, storeTurn } from '../client/store/hold.ts'
import { registeredProjects, storeFolder } from '../client/store/registered.ts'
import type { Command } from './command.ts'

type PathReport = { readonly path: string }

/** Says where the store is. */
export const storePath: Command<PathReport> = {
  usage: {
    name: 'store path',
    summary: 'Print the folder in which packages are kept for all projects',
    arguments: '',
    options: {},
    notes: ['It is below XDG_DATA_HOME, else below ~/.local/share'],
  },
  run: ({ environment }) => Promise.resolve({ path: storeFolder({ ...environment }) }),
  view: ({ path }) => path,
}

type VerifyReport = {
  readonly path: string
  readonly slots: number
  readonly damaged: readonly (Damaged & { readonly projects: readonly string[] })[]
}

/** Reads everything in the store. */
export const storeVerify: Command<VerifyReport> = {
  usage: {
    name: 'store verify',
    summary: 'Read every file of the store, and remove packages that are damaged',
    arguments: '',
    options: {},
    notes: [
      'What was removed is fetched again by the next "stele install" in a project that needs it',
    ],
  },
  run: async ({ environment }) => {
    const path = storeFolder({ ...environment })
    if (!existsSync(path)) return { path, slots: 0, damaged: [] }
    using _ = await takeStore(path)
    const projects = registeredProjects(path).map((root) => [root, slotsOfProject(root)] as const)
    const { slots, damaged } = verifyStore(path)
    const withProjects = damaged.map((each) => ({
      ...each,
      projects: projects.flatMap(([root, own]) => (own.includes(each.slot) ? [root] : [])),
    }))
    return { path, slots, damaged: withProjects }
  },
  view: ({ path, slots, damaged }) => {
    if (damaged.length === 0) return `${slots} packages in ${path}: all as they were unpacked`
    const lines = damaged.map(({ name, files }) => `${name}: ${filesText(files)}`)
    const projects = [...new Set(damaged.flatMap((each) => each.projects))]
    return [
      ...lines,
      `${damaged.length} of ${slots} packages in ${path} were damaged, and are removed`,
      ...projects.map((root) => `Run "stele install" in ${root}`),
    ].join('\n')
  },
  exitCode: ({ damaged }) => (damaged.length === 0 ? 0 : 1),
}

function filesText(files: readonly string[]): string {
  const [first = ''] = files
  return files.length === 1 ? first : `${first} and ${files.length - 1} more`
}

type PruneReport = {
  readonly path: string
  readonly projects: number
  readonly kept: number
  readonly removed: number
  readonly bytes: number
  readonly isDryRun: boolean
}

/** Removes what no project has. */
export const storePrune: Command<PruneReport> = {
  usage: {
    name: 'store prune',
    summary: 'Remove packages from the store that no project on this machine has',
    arguments: '',
    options: {
      'dry-run': { type: 'boolean', summary: 'remove nothing, and tell what would be removed' },
    },
    notes: [
      'A project counts as long as its node_modules is there',
      'What registries told of packages is forgotten too: "stele install --offline" needs it for what no lock has',
    ],
  },
  run: async ({ environment, options }) => {
    const path = storeFolder({ ...environment })
    const isDryRun = options['dry-run'] === true
    if (!existsSync(path)) return { path, projects: 0, kept: 0, removed: 0, bytes: 0, isDryRun }
    using _ = await takeStore(path)
    const projects = registeredProjects(path)
    const live = new Set(projects.flatMap((root) => slotsOfProject(root)))
    if (!isDryRun) rmSync(packumentFolder(path), { recursive: true, force: true })
    return { path, projects: projects.length, isDryRun, ...pruneStore(path, live, { isDryRun }) }
  },
  view: ({ path, projects, kept, removed, bytes, isDryRun }) =>
    `${removed} packages ${isDryRun ? 'would be removed' : 'removed'} from ${path}, ${(bytes / 2 ** 20).toFixed(1)} MiB; ${kept} kept for ${projects} projects`,
}

function takeStore(path: string): ReturnType<typeof hold> {
  const onWait = (line: string): void => void process.stderr.write(`${line}\n`)
  return hold(storeTurn(path), { mode: 'alone', what: 'the store', onWait })
}
