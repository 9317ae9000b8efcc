// stele patch and patch-commit: a package's files to be changed, and the patch that follows from the changes.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { SteleError } from '@stele/errors'
import { openStore } from '@stele/install'
import { isReallyIn, removeLink, writeAnew } from '@stele/install/moves'
import type { PackageId, Release } from '@stele/resolve/graph'
import { install } from '../client/install.ts'
import type { InstallReport, ProjectChange } from '../client/installation.ts'
import { identityOf } from '../client/layout/placing.ts'
import { needLock } from '../client/lock/lock-file.ts'
import { editSection } from '../client/project/edit-manifest.ts'
import { placeOf } from '../client/project/place.ts'
import { readManifest } from '../client/project/project.ts'
import { objectIn } from '../client/resolving/resolve-settings.ts'
import { storeFolder } from '../client/store/registered.ts'
import type { Command, Input } from './command.ts'
import { describeInstall, readInstallOptions } from './install-input.ts'
import { needArguments } from './need-arguments.ts'

type Begun = { readonly package: string; readonly folder: string }
type Committed = {
  readonly package: string
  readonly patch: string
  readonly installed: InstallReport
}

/** Gives a package's files to be changed. */
export const patch: Command<Begun> = {
  usage: {
    name: 'patch',
    summary: 'Copy the files of a package, for you to change them',
    arguments: '<package[@version]>',
    options: {},
    notes: ['"stele patch-commit <folder>" makes a patch of what you changed, and installs it.'],
  },
  run: begin,
  view: ({ package: id, folder }) =>
    `The files of ${id} are in ${folder}\nChange them, then run: stele patch-commit ${folder}`,
}

/** Makes the patch. */
export const patchCommit: Command<Committed> = {
  usage: {
    name: 'patch-commit',
    summary: 'Make a patch of what was changed in a folder of "stele patch", and install it',
    arguments: '<folder>',
    options: {},
    notes: [
      'The patch is written below "patches", and named below "stele" in package.json. Commit both.',
    ],
  },
  run: commit,
  view: ({ package: id, patch: path, installed }) =>
    `${id} is patched by ${path}\n${describeInstall(installed, 'no changes')}`,
}

async function begin(input: Input): Promise<Begun> {
  needArguments(input, 'patch', 'Say which package to patch')
  const [typed = ''] = input.positionals
  const { root } = await placeOf(process.cwd())
  const { id, release } = findPackage(root, typed)
  const from = contentsOf(input, id, release)
  const place = join('node_modules', '.stele-patch')
  const folder = join(root, place, id.replaceAll('/', '+'))
  for (const own of ['node_modules', place]) removeLink(join(root, own))
  rmSync(folder, { recursive: true, force: true })
  copyWritable(from, folder)
  writeAnew(`${folder}.id`, id)
  return { package: id, folder }
}

async function commit(input: Input): Promise<Committed> {
  needArguments(input, 'patch-commit', 'Say which folder was changed')
  const folder = resolve(input.positionals[0] ?? '')
  if (!existsSync(`${folder}.id`))
    throw wrong('patch-commit', `"${folder}" is none of "stele patch"`)
  const { root } = await placeOf(resolve(folder, '..', '..', '..')) // It lies in node_modules/.stele-patch.
  const { id, release } = findPackage(root, readFileSync(`${folder}.id`, 'utf8'))
  const text = differences(contentsOf(input, id, release), folder)
  if (text === '') throw wrong('patch-commit', `Nothing of ${id} was changed in "${folder}"`)
  const path = `patches/${id.replaceAll('/', '__')}.patch`
  if (!isReallyIn(root, join(root, 'patches')))
    throw wrong('patch-commit', `"${join(root, 'patches')}" leads out of the project`)
  mkdirSync(join(root, 'patches'), { recursive: true })
  writeAnew(join(root, path), text)
  const change = (): ReturnType<typeof patched> => patched(root, id, path)
  const installed = await install({ ...readInstallOptions(input), root, change })
  rmSync(folder, { recursive: true, force: true })
  rmSync(`${folder}.id`, { force: true })
  return { package: id, patch: path, installed }
}

/** The one package of the lock that is meant. */
function findPackage(
  root: string,
  typed: string,
): { readonly id: PackageId; readonly release: Release } {
  const { packages } = needLock(root).graph
  const found = [...packages].filter(([id, { name }]) => id === typed || name === typed)
  const [only, ...others] = found
  if (only === undefined) throw wrong('patch', `"${typed}" is not in stele.lock`)
  if (others.length === 0) return { id: only[0], release: only[1] }
  const ids = found.map(([id]) => id).join(', ')
  throw wrong('patch', `There are several of "${typed}": ${ids}; say which`)
}

function contentsOf({ environment }: Input, id: PackageId, release: Release): string {
  const store = openStore(storeFolder({ ...environment }))
  const found = store.findContents(identityOf(release), release.name)
  if (found !== undefined) return found
  throw wrong(
    'patch',
    `The files of ${id} are not on this machine: run "stele install" without its patch first`,
  )
}

function copyWritable(from: string, to: string): void {
  cpSync(from, to, { recursive: true })
  for (const entry of readdirSync(to, { recursive: true, encoding: 'utf8' })) {
    const place = join(to, entry)
    chmodSync(place, statSync(place).mode | 0o200)
  }
}

/** As a patch with paths below the package; empty where there are none. */
function differences(before: string, after: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'stele-patch-'))
  try {
    copyWritable(before, join(folder, 'a'))
    copyWritable(after, join(folder, 'b'))
    const args = [
      'diff',
      '--no-index',
      '--no-prefix',
      '--no-color',
      '--no-ext-diff',
      '--text',
      'a',
      'b',
    ]
    const env = { ...process.env, GIT_CEILING_DIRECTORIES: folder }
    const { status, stdout, stderr, error } = spawnSync('git', args, {
      cwd: folder,
      env,
      encoding: 'utf8',
      maxBuffer: maxPatchBytes,
    })
    if (status === 0 || status === 1) return stdout
    throw wrong('patch-commit', `Git makes no patch: ${error?.message ?? stderr.trim()}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Bytes of a patch: more than a person can have changed. */
const maxPatchBytes: number = 64 * 1024 * 1024

async function patched(root: string, id: PackageId, path: string): Promise<ProjectChange> {
  const file = join(root, 'package.json')
  const known = objectIn(objectIn(readManifest(root, '.').manifest['stele'])['patchedDependencies'])
  const value = { ...known, [id]: path }
  const text = await editSection(readFileSync(file, 'utf8'), 'patchedDependencies', value)
  return { texts: new Map([[file, text]]) }
}

function wrong(command: string, reason: string): SteleError<'usage_wrong'> {
  return new SteleError('usage_wrong', { reason, command })
}
