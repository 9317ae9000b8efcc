// Programs of packages that no project has: each set of packages is a project of its own below the user's data, kept for the next time.
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorFromJson, isSteleError } from '@stele/errors'
import type { Freshness } from '@stele/fetch'
import type { JsonObject } from '@stele/formats/json'
import semver from 'semver'
import { writeApprovals } from '../scripts/approvals.ts'
import { install } from './install.ts'
import type { InstallOptions } from './installation.ts'
import { toolFreshMs } from './limits.ts'
import { manifestIn } from './project/manifest-in.ts'
import { openPackuments } from './resolving/packuments.ts'
import { readWish, type Wish } from './resolving/wish.ts'
import { wishesOf } from './scripts/installed-scripts.ts'
import type { OwnScriptsAsked } from './scripts/lifecycle.ts'
import { storeFolder } from './store/registered.ts'

/** Packages whose programs are wanted. */
export type ToolsAsked = {
  /** As they were typed. */
  readonly packages: readonly string[]
  /** Where they were typed: paths are from there on. */
  readonly cwd: string
  /** The project there: its .npmrc counts. */
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  readonly main: URL
  readonly freshness: Freshness | undefined
  readonly scripts: OwnScriptsAsked
  /** Names of packages whose install scripts may run. */
  readonly approved: readonly string[]
  readonly say: (line: string) => void
  /** Asks whether they may be fetched. Throws where they may not. */
  readonly agree: (packages: readonly string[]) => Promise<void>
}

/** Where they are. */
export type Tools = {
  readonly folder: string
  /** The folder of their programs. */
  readonly bin: string
  /** Their names, in the order in which they were typed. */
  readonly names: readonly string[]
}

type Note = { readonly names: readonly string[]; readonly atMs: number }

/** Installs them, unless they are there: what was asked for by a tag or a range for a day, a version for ever. */
export async function prepareTools(asked: ToolsAsked): Promise<Tools> {
  const { packages, env, freshness } = asked
  const own = join(asked.root, '.npmrc')
  const npmrc = existsSync(own) ? own : undefined
  const folder = folderOf(asked, npmrc)
  const bin = join(folder, 'node_modules', '.bin')
  const note = readNote(folder)
  if (note !== undefined && existsSync(bin)) {
    const isFresh = Date.now() - note.atMs < toolFreshMs && freshness !== 'prefer-online'
    const isFixed = packages.every(isExact)
    if (isFresh || isFixed || freshness === 'offline') return { folder, bin, names: note.names }
  } else await asked.agree(packages)
  prepareFolder(folder, npmrc)
  const wishes = await namedWishes(asked, folder)
  const dependencies = Object.fromEntries(
    wishes.map(({ name, specifier }) => [name, specifier === '' ? 'latest' : specifier]),
  )
  const before = manifestIn(folder) ?? {}
  writeManifest(folder, { ...before, private: true, dependencies })
  const options: InstallOptions = {
    ...asked,
    root: folder,
    env,
    relock: () => undefined, // What the range means now.
  }
  const first = await install(options).catch((error: unknown) => {
    throw withoutProject(error)
  })
  const isApproved = await approveNamed(asked, folder)
  const { notices } = isApproved ? await install({ ...options, relock: undefined }) : first
  for (const line of notices) asked.say(line)
  const names = wishes.map(({ name }) => name)
  writeFileSync(join(folder, 'tools.json'), JSON.stringify({ names, atMs: Date.now() }))
  return { folder, bin, names }
}

/** What is wrong is with what was typed: nobody has seen the package.json that it was written into. */
function withoutProject(error: unknown): unknown {
  if (!isSteleError(error) || !('chain' in error.details)) return error
  const { details } = error
  const chain = details.chain.length > 1 ? details.chain : []
  return errorFromJson(error.code, { ...details, chain, asked: 'the command line' })
}

/** Notes what may run with its digest, as in any project; whether there was anything to note. */
async function approveNamed({ approved, env }: ToolsAsked, folder: string): Promise<boolean> {
  if (approved.length === 0) return false
  const { wishes } = await wishesOf(folder, env)
  const wanted = wishes.filter(
    ({ id, release, verdict }) =>
      verdict !== 'approved' && (approved.includes(release.name) || approved.includes(id)),
  )
  const found = wanted.flatMap(({ id, approval: { text } }) =>
    text === undefined ? [] : [[id, text] as const],
  )
  if (found.length === 0) return false
  const path = join(folder, 'package.json')
  writeFileSync(path, await writeApprovals(readFileSync(path, 'utf8'), new Map(found)))
  return true
}

/** Projects that other .npmrc files hold for have tools of their own. */
function folderOf({ packages, cwd, env, approved }: ToolsAsked, npmrc: string | undefined): string {
  const wanted = packages.map((typed) => (isPath(typed) ? join(cwd, typed) : typed)).toSorted()
  const text = [
    ...wanted,
    ...approved.toSorted(),
    npmrc ?? '',
    env['npm_config_registry'] ?? '',
  ].join('\n')
  return join(dirname(dirname(storeFolder(env))), 'tools', hash('sha256', text, 'hex').slice(0, 16))
}

function isPath(typed: string): boolean {
  return /^\.{1,2}(?:[/\\]|$)/.test(typed)
}

function isExact(typed: string): boolean {
  return semver.valid(typed.slice(typed.indexOf('@', 1) + 1)) !== null
}

function readNote(folder: string): Note | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'tools.json'), 'utf8'))
  } catch {
    return undefined
  }
}

/** A link to .npmrc: what stands there is read where it is, and no secret is copied. */
function prepareFolder(folder: string, npmrc: string | undefined): void {
  mkdirSync(folder, { recursive: true })
  const link = join(folder, '.npmrc')
  rmSync(link, { force: true })
  if (npmrc !== undefined && process.platform !== 'win32') symlinkSync(npmrc, link)
}

function writeManifest(folder: string, manifest: JsonObject): void {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

async function namedWishes(
  asked: ToolsAsked,
  folder: string,
): Promise<readonly (Wish & { readonly name: string })[]> {
  const wishes = asked.packages.map((typed) => readWish(typed, asked.cwd, folder))
  const packuments = openPackuments({ ...asked, root: folder })
  try {
    return await Promise.all(
      wishes.map(async (wish) => ({
        ...wish,
        name: wish.name ?? (await packuments.nameOf(wish.specifier, '.')),
      })),
    )
  } finally {
    packuments.close()
  }
}
