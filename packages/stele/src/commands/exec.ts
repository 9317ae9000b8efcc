// stele exec, and stelex: a program of a package, of this project where it has it, else fetched to be run. As npx.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SteleError } from '@stele/errors'
import { findNode, readConfig } from '@stele/fetch'
import { isJsonObject } from '@stele/formats/json'
import semver from 'semver'
import { globalPlace } from '../client/project/global.ts'
import { manifestIn } from '../client/project/manifest-in.ts'
import { placeOf } from '../client/project/place.ts'
import { freshnessOf } from '../client/resolving/registries.ts'
import { splitSpec } from '../client/resolving/wish.ts'
import { prepareTools, type Tools } from '../client/tools.ts'
import { endBy, untilStopped } from '../ending.ts'
import { binsAbove } from '../scripts/environment.ts'
import { openRunner } from '../scripts/run-script.ts'
import { quote } from '../scripts/shell.ts'
import type { Command, Input, Usage } from './command.ts'
import { folderOf, freshnessOptions, isContinuous, prefixOptions } from './install-input.ts'

type Report = { readonly code: number }

const options: Usage['options'] = {
  ...prefixOptions,
  package: {
    type: 'string',
    short: 'p',
    value: 'package',
    multiple: true,
    summary: 'a package that brings the program; may be given several times',
  },
  call: {
    type: 'string',
    short: 'c',
    value: 'line',
    summary: 'a line for the shell, in place of a program',
  },
  yes: { type: 'boolean', short: 'y', summary: 'fetch without asking; --no-yes never fetches' },
  'allow-scripts': {
    type: 'string',
    value: 'package',
    multiple: true,
    summary: 'run the install scripts of this package; may be given several times',
  },
  'script-shell': { type: 'string', value: 'program', summary: 'the shell that runs it' },
  silent: { type: 'boolean', short: 's', summary: 'do not say what is fetched' },
  quiet: { type: 'boolean', short: 'q', as: 'silent', summary: '' },
  ...freshnessOptions,
  install: { type: 'boolean', as: 'yes', summary: '' },
}

/** Runs a program. */
export const exec: Command<Report> = {
  usage: {
    name: 'exec',
    summary: 'Run a program of a package: of this project, or fetched to be run',
    arguments: '<program | package[@version]> [arguments]',
    options,
    passesOn: 'all',
    notes: [
      'All behind the program is its own. What is fetched is kept for the next time; whoever sits at a terminal is asked',
      'before. "stelex" is the same; "stele dlx" does not look into this project first.',
    ],
  },
  run: (input) => runProgram(input, { command: 'exec', isLocal: true }),
  view: () => '',
  exitCode: ({ code }) => code,
  endsItself: true,
}

/** Runs a program that is always fetched. */
export const dlx: Command<Report> = {
  usage: {
    name: 'dlx',
    summary: 'Run a program of a package that is fetched to be run',
    arguments: '<package[@version]> [arguments]',
    options,
    passesOn: 'all',
    notes: [
      "All behind the package is the program's own. What is fetched is kept for the next time.",
    ],
  },
  run: (input) => runProgram(input, { command: 'dlx', isLocal: false }),
  view: () => '',
  exitCode: ({ code }) => code,
  endsItself: true,
}

/** How a program is looked for. */
export type ProgramAsked = {
  readonly command: string
  /** This project is looked into first. */
  readonly isLocal: boolean
}

/** Finds the program and runs it. Throws usage_wrong, and what installing throws. */
export async function runProgram(input: Input, asked: ProgramAsked): Promise<Report> {
  const { positionals } = input
  const call = input.options['call']
  const packages = listed(input.options['package'])
  if (typeof call === 'string' && positionals.length > 0) {
    throw wrong(asked, `--call takes the whole line: "${positionals.join(' ')}" is too much`)
  }
  const isNothing = call === undefined && positionals.length === 0 && packages.length === 0
  if (isNothing && input.terminal === undefined) throw wrong(asked, 'Say which program to run')
  const found = await untilStopped(input.stop, findProgram(input, asked, packages))
  return start(input, { ...found, call: typeof call === 'string' ? call : undefined })
}

function listed(value: string | boolean | undefined): readonly string[] {
  return typeof value === 'string' ? value.split(',').filter((each) => each !== '') : []
}

type Found = { readonly words: readonly string[]; readonly binPaths: readonly string[] }

async function findProgram(
  input: Input,
  asked: ProgramAsked,
  packages: readonly string[],
): Promise<Found> {
  const [program, ...args] = input.positionals
  const from = folderOf(input)
  const { root, folder } = await placeOf(from)
  const bins = asked.isLocal ? binsAbove(from) : []
  if (packages.length > 0) {
    const absent = packages.filter((each) => !asked.isLocal || !isInstalled(each, folder))
    if (absent.length === 0) return { words: input.positionals, binPaths: bins }
    const { bin } = await tools(input, asked, { packages: absent, root })
    return { words: input.positionals, binPaths: [bin] }
  }
  if (program === undefined) return { words: [], binPaths: bins }
  if (asked.isLocal) {
    const own = ownProgram(folder, program, input.environment)
    if (own !== undefined) return { words: [...own, ...args], binPaths: bins }
    const globalBin = globalPlace({ ...input.environment }).bin
    const local = [...bins, globalBin].find((bin) => hasProgram(bin, program))
    if (local !== undefined) return { words: input.positionals, binPaths: [local] }
    const { name } = splitSpec(program)
    const place = isInstalled(program, folder)
    if (place !== undefined)
      return { words: [programOf(asked, place, name), ...args], binPaths: bins }
  }
  const fetched = await tools(input, asked, { packages: [program], root })
  const [name = ''] = fetched.names
  const place = join(fetched.folder, 'node_modules', name)
  return { words: [programOf(asked, place, name), ...args], binPaths: [fetched.bin] }
}

function hasProgram(bin: string, program: string): boolean {
  if (/[/\\]/.test(program)) return false
  const names = process.platform === 'win32' ? [`${program}.cmd`, program] : [program]
  return names.some((name) => existsSync(join(bin, name)))
}

/** The folder of a package that this project has, in a version that fits. */
function isInstalled(typed: string, from: string): string | undefined {
  const { name, version = '*' } = splitSpec(typed)
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name)
    const found = manifestIn(folder)?.['version']
    const fits = typeof found === 'string' && semver.satisfies(found, version, { loose: true })
    if (fits) return folder
    if (at === dirname(at)) return undefined
  }
}

/** A program of this very project, which nothing links. */
function ownProgram(
  folder: string,
  program: string,
  env: Input['environment'],
): readonly string[] | undefined {
  const manifest = manifestIn(folder) ?? {}
  const { name, bin } = manifest
  const listed =
    typeof bin === 'string' && typeof name === 'string' ? { [lastPart(name)]: bin } : bin
  const file = listed !== undefined && isJsonObject(listed) ? listed[program] : undefined
  if (typeof file !== 'string' || !existsSync(join(folder, file))) return undefined
  const path = join(folder, file)
  const [, interpreter] = /^#!\s*(\S.*)/.exec(readFileSync(path, 'utf8')) ?? []
  const isOfNode = interpreter === undefined || interpreter.includes('node')
  return isOfNode ? [findNode({ ...env }), path] : [path]
}

/** The only program of a package, or the one that is called as it is. */
function programOf(asked: ProgramAsked, folder: string, name: string): string {
  const manifest = manifestIn(folder) ?? {}
  const { bin } = manifest
  const real = typeof manifest['name'] === 'string' ? manifest['name'] : name
  if (typeof bin === 'string') return lastPart(real)
  const names = bin !== undefined && isJsonObject(bin) ? Object.keys(bin) : []
  const files = new Set(bin !== undefined && isJsonObject(bin) ? Object.values(bin) : [])
  const chosen = files.size === 1 ? names[0] : names.find((each) => each === lastPart(real))
  if (chosen !== undefined) return lastPart(chosen)
  const reason =
    names.length === 0
      ? `"${real}" brings no program`
      : `"${real}" brings several programs: ${names.join(', ')}; choose one: stele ${asked.command} --package ${name} ${names[0]}`
  throw wrong(asked, reason)
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

async function tools(
  input: Input,
  asked: ProgramAsked,
  { packages, root }: { readonly packages: readonly string[]; readonly root: string },
): Promise<Tools> {
  const { options: given, environment, main, stop } = input
  const say = (line: string): void => {
    if (given['silent'] !== true) process.stderr.write(`${line}\n`)
  }
  return prepareTools({
    packages,
    cwd: process.cwd(),
    root,
    env: { ...environment },
    main,
    freshness: freshnessOf(given),
    approved: listed(given['allow-scripts']),
    say,
    scripts: {
      command: asked.command,
      isWhole: false,
      isIgnored: false,
      isData: true,
      isLoud: false,
      approveWith: `stele ${asked.command} --allow-scripts <package>`,
      stop,
    },
    agree: (names) => agree(input, asked, { names, say, root }),
  })
}

type Agreeing = {
  readonly names: readonly string[]
  readonly say: (line: string) => void
  /** The project whose .npmrc counts. */
  readonly root: string
}

/** Asks whoever is there; where nobody is, it goes on, as npx does. */
async function agree(
  { options: given, terminal, environment }: Input,
  asked: ProgramAsked,
  { names, say, root }: Agreeing,
): Promise<void> {
  const list = names.join(', ')
  const setting = readConfig(root, { ...environment }).setting('yes')
  const isAgreed = given['yes'] ?? (setting === undefined ? undefined : setting === 'true')
  if (isAgreed === true) return
  if (isAgreed === false) {
    const why = given['yes'] === false ? '--no-yes' : '"yes" in .npmrc or the environment'
    throw wrong(asked, `${list} would have to be fetched, and ${why} forbids it: --yes allows it`)
  }
  if (terminal === undefined || isContinuous(environment)) {
    say(`Fetching ${list}`)
    return
  }
  const answer = await terminal.ask(`Fetch ${list} to run it? (Y/n) `)
  if (!/^(?:y(?:es)?)?$/i.test(answer.trim())) throw wrong(asked, `${list} was not fetched`)
}

type Starting = Found & { readonly call: string | undefined }

async function start(input: Input, { words, binPaths, call }: Starting): Promise<Report> {
  const { options: given, environment, main, stop } = input
  const { root, folder } = await placeOf(folderOf(input))
  const typed = given['script-shell']
  const shell = typeof typed === 'string' ? typed : undefined
  const runner = openRunner({ root, env: { ...environment }, command: 'exec', main, stop, shell })
  const [program, ...args] = words
  const isPosix = process.platform !== 'win32'
  const script =
    call ?? (program === undefined ? usualShell(environment) : isPosix ? quote(program) : program)
  const { code, signal } = await runner.run(
    {
      folder,
      manifest: manifestIn(folder) ?? {},
      event: 'npx',
      script,
      args,
      cwd: process.cwd(),
      binPaths,
    },
    { kind: 'shown', isData: given['json'] === true },
  )
  if (signal !== undefined) await endBy(signal)
  return { code }
}

/** The shell of whoever sits there, with the programs of this project on its PATH. */
function usualShell(env: Input['environment']): string {
  return process.platform === 'win32' ? (env['ComSpec'] ?? 'cmd.exe') : (env['SHELL'] ?? 'sh')
}

function wrong({ command }: ProgramAsked, reason: string): SteleError<'usage_wrong'> {
  return new SteleError('usage_wrong', { reason, command })
}
