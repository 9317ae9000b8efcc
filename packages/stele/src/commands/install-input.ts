// What the commands that install have in common: their options, and how they tell what was done.
import { resolve } from 'node:path'
import type { InstallOptions, InstallReport } from '../client/installation.ts'
import { parseLayout } from '../client/layout/layout.ts'
import { isProductionWord, type Kind, type OmitAsked } from '../client/layout/omitted.ts'
import { formatChanges } from '../client/lock/graph-changes.ts'
import { type GlobalPlace, globalPlace, prepareGlobal } from '../client/project/global.ts'
import { summaryOf } from '../client/repeat/summary.ts'
import { createReporter, type Reporter, reporters } from '../client/reporter.ts'
import { formatMismatches } from '../client/resolving/peer-advice.ts'
import { freshnessOf } from '../client/resolving/registries.ts'
import { type Input, type Usage, usageError } from './command.ts'
import { npmOptions } from './npm-options.ts'

/** The options of every command that asks registries. */
export const freshnessOptions: Usage['options'] = {
  offline: { type: 'boolean', summary: 'ask no registry: what is kept on this machine must do' },
  'prefer-offline': {
    type: 'boolean',
    summary: 'ask registries only for what is not kept on this machine',
  },
  'prefer-online': {
    type: 'boolean',
    summary: 'ask registries even for what was asked some minutes ago',
  },
}

/** Where a command works that is for one project. */
export const prefixOptions: Usage['options'] = {
  ...npmOptions,
  prefix: { type: 'string', value: 'folder', summary: 'the folder to work in' },
  dir: { type: 'string', short: 'C', as: 'prefix', summary: '' },
}

/** The options of every command that is about a place: this folder, another one, or what is installed for the user. */
export const placeOptions: Usage['options'] = {
  ...npmOptions,
  global: { type: 'boolean', short: 'g', summary: 'what is installed for you, not for a project' },
  prefix: {
    type: 'string',
    value: 'folder',
    summary: 'the folder to work in; with -g the one that has bin and lib',
  },
  dir: { type: 'string', short: 'C', as: 'prefix', summary: '' },
}

/** The folder that a command is for. */
export function folderOf({ options, environment }: Pick<Input, 'options' | 'environment'>): string {
  const global = globalOf({ options, environment })
  if (global !== undefined) {
    prepareGlobal(global)
    return global.folder
  }
  return typeof options['prefix'] === 'string' ? resolve(options['prefix']) : process.cwd()
}

/** What -g means; undefined without it. */
export function globalOf({
  options,
  environment,
}: Pick<Input, 'options' | 'environment'>): GlobalPlace | undefined {
  if (options['global'] !== true) return undefined
  const { prefix } = options
  return globalPlace({ ...environment }, typeof prefix === 'string' ? prefix : undefined)
}

/** The options of every command that installs. */
export const installOptions: Usage['options'] = {
  ...placeOptions,
  ...freshnessOptions,
  omit: {
    type: 'string',
    value: 'dev|optional',
    multiple: true,
    summary: 'leave devDependencies or optionalDependencies out of node_modules',
  },
  include: {
    type: 'string',
    value: 'dev|optional',
    multiple: true,
    summary: 'install these all the same: --omit, .npmrc or NODE_ENV=production may leave them out',
  },
  production: { type: 'boolean', summary: 'the same as --omit dev' },
  only: { type: 'string', summary: '' },
  optional: { type: 'boolean', summary: '' },
  save: {
    type: 'boolean',
    short: 'S',
    summary: 'usual; --no-save changes node_modules alone, until the next installation',
  },
  layout: {
    type: 'string',
    value: 'name',
    summary: 'auto, global, project or hoisted; stele.lock keeps it',
  },
  'install-strategy': { type: 'string', summary: '' },
  'ignore-scripts': { type: 'boolean', summary: 'run no scripts' },
  'foreground-scripts': {
    type: 'boolean',
    summary: 'show what scripts print that is shown else where one fails',
  },
  'dry-run': { type: 'boolean', summary: 'change nothing, and tell what would be changed' },
  force: {
    type: 'boolean',
    short: 'f',
    summary: 'replace what others have put where programs go',
  },
  silent: { type: 'boolean', short: 's', summary: 'say nothing unless it fails' },
  reporter: {
    type: 'string',
    value: 'name',
    summary: 'default, append-only, ndjson (an event a line, for programs) or silent',
  },
}

/** Of the commands that change what the lock has. */
export const lockOptions: Usage['options'] = {
  'lockfile-only': {
    type: 'boolean',
    summary: 'write stele.lock, and package.json, and leave node_modules as it is',
  },
  'package-lock-only': { type: 'boolean', as: 'lockfile-only', summary: '' },
}

/** How an installation is told of: as --reporter and --silent say; for --json nothing but the data. */
function reporterOf({
  command = 'install',
  options,
  environment,
  isTerminal,
}: Pick<Input, 'command' | 'options' | 'environment' | 'isTerminal'>): Reporter {
  const typed = options['reporter'] ?? 'default'
  const named = reporters.find((each) => each === typed)
  if (named === undefined) {
    throw usageError(command)(
      `--reporter "${String(typed)}": must be one of ${reporters.join(', ')}`,
    )
  }
  const isDrawn = isTerminal && !isContinuous(environment) && environment['TERM'] !== 'dumb'
  const isSilent = options['silent'] === true || options['loglevel'] === 'silent'
  const name = isSilent || options['json'] === true ? 'silent' : named
  return createReporter(name, {
    log: (text) => void process.stderr.write(text),
    data: (text) => void process.stdout.write(text),
    isTerminal: isDrawn,
    nowMs: () => performance.now(),
  })
}

/** What was asked for, beside what the command itself is about. */
export function readInstallOptions({
  command = 'install',
  options,
  environment,
  main,
  stop,
  isTerminal,
}: Input): InstallOptions {
  const layout = layoutIn(options, command)
  return {
    root: folderOf({ options, environment }),
    global: globalOf({ options, environment }),
    isForced: options['force'] === true,
    main,
    reporter: reporterOf({ command, options, environment, isTerminal }),
    env: { ...environment },
    omit: omitIn(options, command),
    isUnsaved: options['save'] === false,
    isDryRun: options['dry-run'] === true,
    isLockOnly: isLockOnlyIn(options, command),
    freshness: freshnessOf(options),
    scripts: {
      command: 'install',
      isWhole: false,
      isIgnored: options['ignore-scripts'] === true,
      isData: options['json'] === true || options['reporter'] === 'ndjson',
      isLoud: options['foreground-scripts'] === true,
      approveWith: `stele approve${options['global'] === true ? ' -g' : ''}`,
      stop,
    },
    layout,
  }
}

/** npm's words for layouts that are here too. */
const strategies: { readonly [strategy: string]: string } = {
  hoisted: 'hoisted',
  linked: 'project',
}

function layoutIn(
  { layout, 'install-strategy': strategy }: Input['options'],
  command: string,
): string | undefined {
  if (layout !== undefined) return parseLayout('--layout', layout, command)
  if (typeof strategy !== 'string') return undefined
  const found = strategies[strategy]
  if (found !== undefined) return found
  throw usageError(command)(`--install-strategy "${strategy}": must be hoisted or linked here`)
}

function isLockOnlyIn(options: Input['options'], command: string): boolean {
  if (options['lockfile-only'] !== true) return false
  const other = ['global', 'no-save'].find((each) =>
    each === 'global' ? options['global'] === true : options['save'] === false,
  )
  if (other === undefined) return true
  throw usageError(command)(`--lockfile-only is about the lock of a project: leave --${other} out`)
}

const kinds = ['dev', 'optional'] as const

/** What is left out, as it was typed. */
function omitIn(options: Input['options'], command: string): OmitAsked {
  const { omit, include, production, optional, only } = options
  const isOnly = typeof only === 'string' ? isProductionWord(only) : undefined
  if (typeof only === 'string' && isOnly === undefined) {
    throw usageError(command)(`--only "${only}": must be production`)
  }
  const isOptional = optional ?? (options['save-optional'] === false ? false : undefined)
  return {
    omit: omit === undefined ? undefined : kindsIn('omit', omit, command),
    include: include === undefined ? undefined : kindsIn('include', include, command),
    isProduction: isOnly ?? (typeof production === 'boolean' ? production : undefined),
    isOptional: typeof isOptional === 'boolean' ? isOptional : undefined,
  }
}

/** A word that is not known is an error: what it was meant to leave out would be installed. */
function kindsIn(
  flag: string,
  typed: string | boolean | undefined,
  command: string,
): readonly Kind[] {
  const words = String(typed ?? '').split(',')
  return words
    .filter((word) => word !== '')
    .map((word) => {
      const known = kinds.find((each) => each === word)
      if (known !== undefined) return known
      throw usageError(command)(`--${flag} "${word}": must be ${kinds.join(' or ')}`)
    })
}

/** For commands that install all of a project: the scripts of its root are run as well. */
export function whole(options: InstallOptions, command: string): InstallOptions {
  const { scripts } = options
  return scripts === undefined
    ? options
    : { ...options, scripts: { ...scripts, command, isWhole: true } }
}

/** For commands that are about the newest versions: registries are asked, unless something else was said. */
export function newest(options: InstallOptions): InstallOptions {
  return { ...options, freshness: options.freshness ?? 'prefer-online' }
}

/** Whether this is a build server, where nobody looks at what a command changes. */
export function isContinuous({ CI: ci }: Input['environment']): boolean {
  return ci !== undefined && !/^(?:|0|false)$/i.test(ci)
}

/** In place of what was added and removed, where nothing was. */
function nothingDone({ isChanged, isLockOnly, changes }: InstallReport): string {
  if (isLockOnly === true)
    return changes.length > 0 ? 'stele.lock was written' : 'stele.lock has them'
  return isChanged ? 'linked anew' : 'nothing to do'
}

const maxLines = 30

/** What was done: what a person should know, what is different, and how much it was. */
export function describeInstall(
  report: InstallReport,
  shown: 'all changes' | 'direct changes' | 'no changes',
  more: readonly string[] = [],
): string {
  const { packages, added, removed, tookMs, mismatches, notices, changes } = report
  const isDryRun = report.isDryRun === true
  const isAll = shown === 'all changes' || isDryRun
  const [direct, others] = [true, false].map((wanted) =>
    changes.filter(({ isDirect }) => isDirect === wanted),
  )
  // What somebody named comes first, so that it is never among those that are only counted.
  const lines = formatChanges([
    ...(isAll || shown !== 'no changes' ? (direct ?? []) : []),
    ...(isAll ? (others ?? []) : []),
  ])
  const told = shown === 'all changes' ? undefined : new Set(changes.map(({ name }) => name))
  const rest = lines.length - maxLines
  const would = isDryRun ? 'would be ' : ''
  const done = [
    ...(added.length === 0 ? [] : [`${added.length} ${would}added`]),
    ...(removed === 0 ? [] : [`${removed} ${would}removed`]),
    ...(isDryRun && changes.length > 0 ? ['stele.lock would change'] : []),
  ]
  const nothing = nothingDone(report)
  return [
    ...lines.slice(0, maxLines),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
    ...notices,
    ...formatMismatches(mismatches, told),
    ...more,
    summaryOf(packages, done.length === 0 ? [nothing] : done, tookMs),
  ].join('\n')
}
