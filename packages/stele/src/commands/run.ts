// stele run: a script of package.json, here or in packages of the workspace.
import { SteleError } from '@stele/errors'
import { nearest } from '@stele/settings'
import { placeOf } from '../client/project/place.ts'
import { readManifest, readProject } from '../client/project/project.ts'
import {
  asksForWorkspaces,
  type Member,
  selectWorkspaces,
} from '../client/project/select-workspaces.ts'
import { codeOfSignal, endBy } from '../ending.ts'
import { scriptsOf } from '../scripts/events.ts'
import { runInMembers, type ScriptResult } from '../scripts/run-members.ts'
import { type Command, type Input, type Usage, usageError } from './command.ts'
import { folderOf, prefixOptions } from './install-input.ts'
import { readWorkspaces, workspaceOptions } from './workspace-options.ts'

type Listed = {
  readonly package: string
  readonly scripts: { readonly [name: string]: string }
}
type Report =
  | { readonly packages: readonly Listed[] }
  | { readonly results: readonly ScriptResult[]; readonly code: number }

/** The options of every command that runs scripts. */
export const runOptions: Usage['options'] = {
  ...prefixOptions,
  ...workspaceOptions,
  'if-present': { type: 'boolean', summary: 'be content where there is no such script' },
  bail: {
    type: 'boolean',
    summary: 'stop at the first package where it fails; usual, --no-bail goes on',
  },
  parallel: { type: 'boolean', summary: 'in all packages at once, whatever they depend on' },
  concurrency: {
    type: 'string',
    value: 'count',
    summary: 'packages in which it runs at a time (default 4)',
  },
  'workspace-concurrency': { type: 'string', as: 'concurrency', summary: '' },
  'ignore-scripts': { type: 'boolean', summary: 'without the scripts "pre…" and "post…" of it' },
  'script-shell': { type: 'string', value: 'program', summary: 'the shell that runs it' },
  silent: { type: 'boolean', short: 's', summary: 'do not say what is run' },
}

const notes = [
  'Whatever is no option of the command is passed on to the script, and so is all behind "--".',
  'Packages of a workspace come after those that they depend on. "stele help filters" tells how to name them.',
]

/** Runs a script; without a name it lists them. */
export const runCommand: Command<Report> = {
  usage: {
    name: 'run',
    summary: 'Run a script of package.json, or list them',
    arguments: '[script] [arguments]',
    options: runOptions,
    passesOn: 'unknown',
    notes,
  },
  run: (input) => runNamed(input, 'run'),
  view,
  exitCode,
  endsItself: true,
}

/** A command that is a script's name: `test`, `start`. */
export function scriptCommand(script: string, summary: string): Command<Report> {
  return {
    usage: {
      name: script,
      summary,
      arguments: '[arguments]',
      options: runOptions,
      passesOn: 'unknown',
      notes,
    },
    run: (input) => runNamed({ ...input, positionals: [script, ...input.positionals] }, script),
    view,
    exitCode,
    endsItself: true,
  }
}

async function runNamed(input: Input, command: string): Promise<Report> {
  const cwd = folderOf(input)
  const { root, folder } = await placeOf(cwd)
  const asked = readWorkspaces(input)
  const isMany = asksForWorkspaces(asked)
  const project = isMany ? await readProject(root) : undefined
  const members =
    project === undefined ? [memberOf(folder)] : selectWorkspaces(project, asked, { cwd, command })
  const [script, ...args] = input.positionals
  if (script === undefined) return { packages: members.map(listedOf) }
  const { options } = input
  const results = await runInMembers(members, {
    root,
    // Paths of a single package are its own.
    base: project === undefined ? folder : root,
    project,
    script,
    args,
    command,
    env: { ...input.environment },
    main: input.main,
    stop: input.stop,
    isBailing: options['bail'] !== false,
    isParallel: options['parallel'] === true,
    concurrency: concurrencyOf(options['concurrency'], command),
    isData: options['json'] === true,
    isPlain: options['ignore-scripts'] === true,
    shell: typeof options['script-shell'] === 'string' ? options['script-shell'] : undefined,
    say: (line) => {
      if (options['silent'] !== true && options['loglevel'] !== 'silent')
        process.stderr.write(`${line}\n`)
    },
  })
  const stopped = input.stop.aborted ? codeOfSignal(String(input.stop.reason)) : 0
  if (
    results.length === 0 &&
    stopped === 0 &&
    members.length > 0 &&
    options['if-present'] !== true
  ) {
    throw absent(members, script, command)
  }
  const ended = results.find(({ signal }) => signal !== undefined)?.signal
  if (ended !== undefined && members.length === 1) await endBy(ended)
  const failed = results.find(({ code }) => code !== 0)?.code
  // A single script that was asked to stop may have done so in order; of several, some were not begun.
  return { results, code: failed ?? (results.length === 1 && members.length === 1 ? 0 : stopped) }
}

function memberOf(folder: string): Member {
  const { manifest } = readManifest(folder, '.')
  const { name } = manifest
  return { folder: '.', manifest, name: typeof name === 'string' ? name : folder }
}

function concurrencyOf(text: string | boolean | undefined, command: string): number | undefined {
  if (typeof text !== 'string') return undefined
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw usageError(command)(`--concurrency "${text}": must be a number from 1 to 9999`)
}

function listedOf({ name, manifest }: Member): Listed {
  return { package: name, scripts: scriptsOf(manifest) }
}

function absent(
  members: readonly Member[],
  script: string,
  command: string,
): SteleError<'usage_wrong'> {
  const names = [...new Set(members.flatMap(({ manifest }) => Object.keys(scriptsOf(manifest))))]
  const [only] = members
  const where = members.length === 1 ? `"${only?.name}"` : 'None of these packages'
  const has = members.length === 1 ? 'has no' : 'has a'
  const { near } = nearest(script, names)
  const shown = names.toSorted().slice(0, 10).join(', ')
  const hint =
    near !== undefined
      ? `; did you mean "${near}"?`
      : names.length === 0
        ? '; there are no scripts'
        : `; there are ${shown}`
  return new SteleError('usage_wrong', {
    reason: `${where} ${has} script "${script}"${hint}`,
    command,
  })
}

function view(report: Report): string {
  if ('packages' in report) return report.packages.map(describe).join('\n\n')
  const failed = report.results.filter(({ code }) => code !== 0)
  if (report.results.length < 2 || failed.length === 0) return ''
  return failed
    .map(({ package: name, event, code }) => `"${event}" of ${name} failed with ${code}`)
    .join('\n')
}

function describe({ package: name, scripts }: Listed): string {
  const entries = Object.entries(scripts)
  if (entries.length === 0) return `${name} has no scripts`
  return [
    `Scripts of ${name}:`,
    ...entries.flatMap(([key, text]) => [`  ${key}`, `    ${text}`]),
  ].join('\n')
}

function exitCode(report: Report): number {
  return 'code' in report ? report.code : 0
}
