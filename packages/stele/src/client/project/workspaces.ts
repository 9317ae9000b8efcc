// The packages of a workspace: which folders "workspaces" or pnpm-workspace.yaml name, and where its root is.
import { existsSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import { maxMembers } from '../limits.ts'
import { manifestIn } from './manifest-in.ts'
import { readProjectFile } from './project-file.ts'

const settingsFile = 'pnpm-workspace.yaml'

/** The root of the project that this folder belongs to: the nearest package.json, or that of the workspace that has it as a member. */
export async function findRoot(folder: string): Promise<string> {
  const own = nearest(resolve(folder)) ?? resolve(folder)
  for (let at = dirname(own), below = own; at !== below; below = at, at = dirname(at)) {
    if (await isMember(at, own)) return at
  }
  return own
}

function nearest(folder: string): string | undefined {
  if (existsSync(join(folder, 'package.json')) || existsSync(join(folder, settingsFile))) {
    return folder
  }
  const above = dirname(folder)
  return above === folder ? undefined : nearest(above)
}

async function isMember(root: string, folder: string): Promise<boolean> {
  // What a folder above has is not this project's business, unless it can be read and says so.
  const manifest = manifestIn(root) ?? {}
  const settings = existsSync(join(root, settingsFile)) ? await readSettingsFile(root) : {}
  const patterns = workspacePatterns(manifest, settings)
  if (patterns.length === 0) return false
  const folders = await memberFolders(root, patterns)
  return folders.includes(relative(root, folder).split(sep).join('/'))
}

/** What pnpm-workspace.yaml holds; nothing where there is none. Throws manifest_unreadable. */
export async function readSettingsFile(root: string): Promise<JsonObject> {
  const path = join(root, settingsFile)
  if (!existsSync(path)) return {}
  const { parse } = await import('yaml')
  try {
    const settings: JsonValue = parse(readProjectFile(path)) ?? {}
    if (isJsonObject(settings)) return settings
    throw new Error('it must be a mapping')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SteleError('manifest_unreadable', { path, reason }, { cause })
  }
}

/** The patterns of member folders: pnpm's where there are any, else those of package.json. */
export function workspacePatterns(
  { workspaces }: JsonObject,
  settings: JsonObject,
): readonly string[] {
  const own = settings['packages'] ?? workspaces ?? []
  const patterns = isJsonObject(own) ? (own['packages'] ?? []) : own
  return Array.isArray(patterns) ? patterns.filter((each) => typeof each === 'string') : []
}

/** The folders that hold a package.json and fit the patterns, below the root and with slashes; those of patterns with `!` do not. */
export async function memberFolders(
  root: string,
  patterns: readonly string[],
): Promise<readonly string[]> {
  const plain = patterns.map((each) =>
    each
      .trim()
      .replace(/^(!?)\.?\//, '$1')
      .replace(/\/+$/, ''),
  )
  const wanted = plain.filter((each) => !each.startsWith('!'))
  const unwanted = plain.filter((each) => each.startsWith('!')).map((each) => each.slice(1))
  if (wanted.length === 0) return []
  const { globSync } = await import('tinyglobby')
  const files = globSync(wanted.map(manifestPattern), {
    cwd: root,
    ignore: ['**/node_modules/**', ...unwanted.map(manifestPattern)],
    expandDirectories: false,
    // A link may lead to all of the disk; links that a pattern names are followed.
    followSymbolicLinks: !wanted.some((each) => each.includes('**')),
  })
  if (files.length > maxMembers) {
    const reason = `its workspace has ${files.length} packages, more than ${maxMembers}`
    throw new SteleError('manifest_unreadable', { path: join(root, 'package.json'), reason })
  }
  const folders = files.map((file) => file.split('/').slice(0, -1).join('/'))
  const real = realpathSync(root)
  return [...new Set(folders)]
    .filter((folder) => folder !== '' && isBelow(real, realpathSync(join(root, folder))))
    .toSorted()
}

/** Installing changes what is in a member's folder, so a pattern or a link must not lead to another project. */
function isBelow(root: string, folder: string): boolean {
  const path = relative(root, folder)
  return path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path)
}

function manifestPattern(pattern: string): string {
  return pattern === '' || pattern === '.' ? 'package.json' : `${pattern}/package.json`
}
