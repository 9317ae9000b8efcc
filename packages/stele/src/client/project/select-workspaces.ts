// Which packages of a workspace a command is for: what --workspace, --filter and --recursive say, in the order of their dependencies.
import { spawnSync } from 'node:child_process'
import { posix, relative, sep } from 'node:path'
import { SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import { nearest } from '@stele/settings'
import { folderBelow, type Project } from './project.ts'

/** A package of a workspace, or its root. */
export type Member = {
  /** Below the root, with slashes; `.` for the root itself. */
  readonly folder: string
  /** Its name, or its folder where it has none. */
  readonly name: string
  readonly manifest: JsonObject
}

/** What was asked for. */
export type WorkspacesAsked = {
  /** Names or folders. */
  readonly workspaces: readonly string[]
  /** As pnpm writes them: `name`, `@scope/*`, `./folder`, `name...`, `...name`, `...^name`, `[since]`, each also behind a `!`. */
  readonly filters: readonly string[]
  /** All of them. */
  readonly isRecursive: boolean
  readonly includesRoot: boolean
}

/** Where somebody asks, and for which command. */
type Asking = { readonly cwd: string; readonly command: string }

/** Whether anything but the nearest package.json is meant. */
export function asksForWorkspaces(asked: WorkspacesAsked): boolean {
  return asked.isRecursive || asked.workspaces.length > 0 || asked.filters.length > 0
}

/** Those that are meant, none before what it depends on. Throws usage_wrong where a name is none of the workspace. */
export function selectWorkspaces(
  project: Project,
  asked: WorkspacesAsked,
  asking: Asking,
): readonly Member[] {
  const world = openWorld(project, asking)
  const chosen = new Set<string>()
  if (asked.isRecursive && asked.filters.length === 0) addAll(chosen, project.members)
  for (const text of asked.workspaces) addAll(chosen, namedBy(world, text))
  const filters = asked.filters.map(parseFilter)
  const excluding = filters.filter(({ isExcluded }) => isExcluded)
  if (excluding.length > 0 && excluding.length === filters.length) {
    addAll(chosen, project.members)
  }
  for (const filter of filters) if (!filter.isExcluded) addAll(chosen, foundBy(world, filter))
  for (const filter of excluding) {
    for (const folder of foundBy(world, filter)) chosen.delete(folder)
  }
  if (asked.includesRoot) chosen.add('.')
  return ordered(world).filter(({ folder }) => chosen.has(folder))
}

/** Packages that need nothing of each other together, those that others need first. */
export function inStages(
  project: Project,
  members: readonly Member[],
): readonly (readonly Member[])[] {
  const { needs } = openWorld(project, { cwd: project.root, command: '' })
  const stages: Member[][] = []
  const stageOf = new Map<string, number>()
  for (const member of members) {
    const before = [...(needs.get(member.folder) ?? [])].flatMap((each) => stageOf.get(each) ?? [])
    const stage = Math.max(-1, ...before) + 1
    stageOf.set(member.folder, stage)
    stages[stage] = [...(stages[stage] ?? []), member]
  }
  return stages
}

type World = Asking & {
  readonly root: string
  readonly members: ReadonlyMap<string, Member>
  /** Folders to those that they depend on directly. */
  readonly needs: ReadonlyMap<string, ReadonlySet<string>>
}

function openWorld({ root, manifests, members, importers }: Project, asking: Asking): World {
  const own = new Set(['.', ...members])
  const known = new Map(
    manifests
      .filter(({ folder }) => own.has(folder))
      .map(({ folder, manifest }) => {
        const { name } = manifest
        return [
          folder,
          { folder, manifest, name: typeof name === 'string' ? name : folder },
        ] as const
      }),
  )
  const folders = new Map([...known.values()].map(({ name, folder }) => [name, folder]))
  const needs = new Map(
    importers.map(({ folder, edges }) => {
      const targets = edges.flatMap((edge) => targetOf(folders, folder, edge) ?? [])
      return [folder, new Set(targets.filter((each) => each !== folder))]
    }),
  )
  return { ...asking, root, members: known, needs }
}

type Edge = { readonly name: string; readonly specifier: string }

/** The folder of the workspace that a dependency leads to. */
function targetOf(
  folders: ReadonlyMap<string, string>,
  from: string,
  { name, specifier }: Edge,
): string | undefined {
  const path = /^(?:file:|link:|workspace:(?=\.))(?<path>.+)$/.exec(specifier)?.groups?.['path']
  if (path !== undefined) return folderBelow(from, path)
  const alias = /^workspace:(?<name>@?[^@]+)@/.exec(specifier)?.groups?.['name']
  const isElsewhere = !specifier.startsWith('workspace:') && /[:/]/.test(specifier)
  return isElsewhere ? undefined : folders.get(alias ?? name)
}

/** None before what it depends on; those in a circle by their folders. */
function ordered({ members, needs }: World): readonly Member[] {
  const done = new Set<Member>()
  const begun = new Set<string>()
  const visit = (folder: string): void => {
    if (begun.has(folder)) return
    begun.add(folder)
    for (const each of [...(needs.get(folder) ?? [])].toSorted()) visit(each)
    const member = members.get(folder)
    if (member !== undefined) done.add(member)
  }
  for (const folder of [...members.keys()].toSorted()) visit(folder)
  return [...done]
}

/** A name, a folder, or a folder that holds several. */
function namedBy(world: World, text: string): readonly string[] {
  const path = belowRoot(world, text)
  const found = [...world.members.values()].filter(
    ({ name, folder }) => name === text || folder === path || folder.startsWith(`${path}/`),
  )
  if (found.length === 0) throw absent(world, text)
  return found.map(({ folder }) => folder)
}

function belowRoot({ root, cwd }: World, text: string): string {
  const here = relative(root, cwd).split(sep).join('/')
  return posix.normalize(folderBelow(here === '' ? '.' : here, text))
}

type Filter = {
  readonly text: string
  readonly pattern: string
  readonly since: string | undefined
  readonly isExcluded: boolean
  readonly withNeeds: boolean
  readonly withUsers: boolean
  readonly isWithoutSelf: boolean
}

/** pnpm's grammar. */
function parseFilter(text: string): Filter {
  const isExcluded = text.startsWith('!')
  const [, dots = '', before = '', middle = '', after = '', ends = ''] =
    /^(\.\.\.)?(\^)?(.*?)(\^)?(\.\.\.)?$/.exec(isExcluded ? text.slice(1) : text) ?? []
  const [, pattern = '', since] = /^(.*?)(?:\[(.+)\])?$/.exec(middle) ?? []
  const isWithoutSelf = before === '^' || after === '^'
  const [withUsers, withNeeds] = [dots === '...', ends === '...']
  return { text, pattern, since, isExcluded, withNeeds, withUsers, isWithoutSelf }
}

function foundBy(world: World, filter: Filter): ReadonlySet<string> {
  const { pattern, since, withNeeds, withUsers, isWithoutSelf } = filter
  const fitting = pattern === '' ? [...world.members.keys()] : fittingFolders(world, pattern)
  if (fitting.length === 0 && since === undefined && !filter.isExcluded) {
    throw absent(world, filter.text)
  }
  const changed = since === undefined ? undefined : changedSince(world, since)
  const start = fitting.filter((folder) => changed?.has(folder) ?? true)
  const found = new Set(isWithoutSelf ? [] : start)
  if (withNeeds) addAll(found, reachedFrom(world.needs, start))
  if (withUsers) addAll(found, reachedFrom(turned(world.needs), start))
  return found
}

/** By name, where the pattern is no path; a name without its scope will do where only one has it. */
function fittingFolders(world: World, pattern: string): readonly string[] {
  const members = [...world.members.values()]
  const path = /^\{(?<path>.+)\}$/.exec(pattern)?.groups?.['path']
  if (path !== undefined || /^\.{1,2}(?:\/|$)/.test(pattern)) {
    const fits = globOf(belowRoot(world, path ?? pattern))
    return members.filter(({ folder }) => isWithin(fits, folder)).map(({ folder }) => folder)
  }
  const fits = globOf(pattern)
  const named = members.filter(({ name }) => fits.test(name))
  if (named.length > 0 || pattern.startsWith('@')) return named.map(({ folder }) => folder)
  const bare = members.filter(({ name }) => fits.test(name.slice(name.indexOf('/') + 1)))
  return bare.length === 1 ? bare.map(({ folder }) => folder) : []
}

/** The folder itself, or one that it is in. */
function isWithin(fits: RegExp, folder: string): boolean {
  const parts = folder.split('/')
  return parts.some((_, at) => fits.test(parts.slice(0, at + 1).join('/')))
}

function globOf(pattern: string): RegExp {
  const parts = pattern.split(/(\*+)/).map((part) => {
    if (part.startsWith('*')) return part.length > 1 ? '.*' : '[^/]*'
    return part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
  })
  return new RegExp(`^${parts.join('')}$`)
}

/** The folders that hold files which are not as they were at that commit. */
function changedSince(world: World, since: string): ReadonlySet<string> {
  const { root, members } = world
  const git = (...args: readonly string[]): readonly string[] => {
    const { status, stdout, stderr } = spawnSync('git', [...args], { cwd: root, encoding: 'utf8' })
    if (status === 0) return stdout.split('\0').filter((path) => path !== '')
    throw wrong(world, `Cannot tell what changed since "${since}": ${(stderr ?? '').trim()}`)
  }
  const files = [
    ...git('diff', '--name-only', '--relative', '-z', '--end-of-options', since, '--', '.'),
    ...git('ls-files', '--others', '--exclude-standard', '-z'),
  ]
  const folders = [...members.keys()].toSorted((one, other) => other.length - one.length)
  return new Set(
    files.map(
      (file) => folders.find((folder) => folder !== '.' && file.startsWith(`${folder}/`)) ?? '.',
    ),
  )
}

function reachedFrom(
  edges: ReadonlyMap<string, ReadonlySet<string>>,
  start: readonly string[],
): ReadonlySet<string> {
  const reached = new Set<string>()
  const queue = [...start]
  for (const folder of queue) {
    for (const next of edges.get(folder) ?? []) {
      if (reached.has(next)) continue
      reached.add(next)
      queue.push(next)
    }
  }
  return reached
}

function turned(
  edges: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const users = new Map<string, Set<string>>()
  for (const [from, targets] of edges) {
    for (const to of targets) users.set(to, (users.get(to) ?? new Set()).add(from))
  }
  return users
}

function addAll(set: Set<string>, more: Iterable<string>): void {
  for (const each of more) set.add(each)
}

function absent(world: World, text: string): SteleError<'usage_wrong'> {
  const names = [...world.members.values()]
    .filter(({ folder }) => folder !== '.')
    .map(({ name }) => name)
  if (names.length === 0) return wrong(world, `"${text}" is not in a workspace: there is none here`)
  const { near } = nearest(text, names)
  const others = near === undefined ? `it has ${listed(names)}` : `did you mean "${near}"?`
  return wrong(world, `This workspace has no package "${text}"; ${others}`)
}

const maxListed = 10

function listed(names: readonly string[]): string {
  const rest = names.length - maxListed
  const shown = names.toSorted().slice(0, maxListed).join(', ')
  return rest > 0 ? `${shown} and ${rest} more` : shown
}

function wrong({ command }: Asking, reason: string): SteleError<'usage_wrong'> {
  return new SteleError('usage_wrong', { reason, command })
}
