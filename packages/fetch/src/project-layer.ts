// The settings of npm, of which the project's .npmrc is a stranger's: it may say where packages come from, but neither send what is in the
// environment anywhere, nor choose by which way the user's own credentials travel.
import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import npmConf from '@pnpm/npm-conf'
import { SteleError } from '@stele/errors'
import { maxNpmrcBytes } from './limits.ts'
import type { Environment } from './path-variable.ts'
import { type SettingsFiles, settingsFiles } from './settings-files.ts'

type Conf = ReturnType<typeof npmConf>['config']
type Layer = Record<string, unknown>

/** The settings of all files and of the environment. */
export type Layers = {
  readonly config: Conf
  /** Of these those of the project's .npmrc. */
  readonly project: { readonly [key: string]: unknown }
  /** Settings of that file by which servers are reached in another way than the user's own files say. */
  readonly steering: readonly string[]
  /** What of that file does not count, and why, a line each. */
  readonly notices: readonly string[]
}

/** Reads the settings that hold in this folder. Throws npm_setting_invalid where a file is none that can be read. */
export function readLayers(folder: string, env: Environment): Layers {
  const files = settingsFiles(folder, env)
  const text = readOwn(files.project)
  const config = readFiles(files)
  clearWorkspace(config)
  const project = layerOf(config, 'project')
  const dropped = /\$/.test(text) ? dropVariables(files, text, { config, project }) : []
  const steering = steeringKeys.filter((key) => {
    const value = project[key]
    return Object.hasOwn(project, key) && isSteering(key, value) && value !== ownValue(config, key)
  })
  const notices = dropped.map(
    (key) =>
      `"${key}" of the project's .npmrc does not count, since it holds a variable of the environment: write it into your own ~/.npmrc`,
  )
  return { config, project, steering, notices }
}

/** A file more, which the project's .npmrc can name: nobody needs it. */
function clearWorkspace(config: Conf): void {
  const keys = Object.keys(layerOf(config, 'workspace'))
  for (const key of keys) Reflect.deleteProperty(layerOf(config, 'workspace'), key)
  if (keys.length > 0) Reflect.deleteProperty(layerOf(config, 'cli'), 'ca') // It may have been read from its cafile.
}

/** Whoever reads it after this reads all of it, whatever it is. */
function readOwn(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return ''
  if (found.isDirectory()) return ''
  if (!found.isFile() || found.size > maxNpmrcBytes)
    throw unusable(path, 'it is no file of settings')
  const text = readFileSync(path, 'utf8')
  for (const [, written = ''] of text.matchAll(/^[\s"']*cafile[\s"']*=[ \t"']*(.*?)[\s"']*$/gm)) {
    const authorities = statSync(written, { throwIfNoEntry: false })
    const isOdd = authorities !== undefined && !authorities.isFile()
    if (isOdd || written.includes('${')) throw unusable(written, 'it is no file of authorities')
  }
  return text
}

function unusable(value: string, reason: string): SteleError<'npm_setting_invalid'> {
  return new SteleError('npm_setting_invalid', { name: '.npmrc', value, reason })
}

/**
 * The settings of all files. A file that names a variable which is not set would count for nothing, with all that it says of registries;
 * npm leaves `${NAME}` as it stands, and so does this. The `masked` are left as they stand although they are set.
 */
function readFiles(
  { project, global }: SettingsFiles,
  masked: ReadonlySet<string> = new Set(),
): Conf {
  const options = { prefix: dirname(project), globalconfig: global } // Else that is looked for below the project.
  const before = new Map<string, string | undefined>()
  const mask = (name: string): void => {
    before.set(name, process.env[name])
    process.env[name] = `\${${name}}`
  }
  try {
    for (const name of masked) mask(name)
    for (;;) {
      const { config, warnings } = npmConf(options, undefined, {})
      const names = warnings.flatMap((each) => /\$\{([^${}]+)\}$/.exec(each)?.[1] ?? [])
      const added = names.filter((name) => !before.has(name))
      if (added.length === 0) return config
      for (const name of added) mask(name)
    }
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = value
    }
  }
}

/** Takes those settings out that would send the environment somewhere; their names. */
function dropVariables(
  files: SettingsFiles,
  text: string,
  { config, project }: { readonly config: Conf; readonly project: Layer },
): readonly string[] {
  const names = [...text.matchAll(/\$\{([^${}]+)\}/g)].flatMap(([, inside = '']) => [
    inside,
    inside.replace(/:?-.*$/s, ''),
  ])
  const asWritten = layerOf(readFiles(files, new Set(names)), 'project')
  const hosts = ownHosts(config)
  const dropped = Object.entries(asWritten).flatMap(([key, value]) => {
    const isHarmless = !isVariable(key) && !isVariable(value)
    const isOwnHost = hosts.some((host) => key.startsWith(`//${host}/`)) && !isVariable(key)
    return isHarmless || isOwnHost || !isOfRequests(key) ? [] : [key]
  })
  const made = Object.keys(project).filter((key) => !Object.hasOwn(asWritten, key))
  for (const key of [...dropped, ...made]) Reflect.deleteProperty(project, key)
  return dropped
}

/** Also `$NAME`: what credentials are read by takes that for a variable. */
function isVariable(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isVariable)
  return typeof value === 'string' && (value.includes('${') || /^\$\w/.test(value))
}

/** Settings that say who is asked, or what is sent along. */
function isOfRequests(key: string): boolean {
  return (
    /[:@/]|^_|^(?:registry|http-proxy|username|cert|key)$/.test(key) || steeringKeys.includes(key)
  )
}

const steeringKeys: readonly string[] = [
  'proxy',
  'https-proxy',
  'http-proxy',
  'ca',
  'cafile',
  'strict-ssl',
]

function isSteering(key: string, value: unknown): boolean {
  const isOff = value === false || value === 'false' || value === null || value === ''
  return key === 'strict-ssl' ? isOff : !isOff
}

const ownLayers = ['cli', 'env', 'user', 'global', 'builtin'] as const

function ownValue(config: Conf, key: string): unknown {
  const layers = ownLayers.map((name) => layerOf(config, name))
  return layers.find((layer) => Object.hasOwn(layer, key))?.[key]
}

/** Hosts of the registries that the user's own files name, and of the usual one. */
function ownHosts(config: Conf): readonly string[] {
  const layers = [...ownLayers.map((name) => layerOf(config, name)), config.root]
  const registries = layers.flatMap((layer) =>
    Object.entries(layer).flatMap(([key, value]) =>
      /^(?:@.*:)?registry$/.test(key) ? [value] : [],
    ),
  )
  return registries.flatMap((each) =>
    typeof each === 'string' ? (URL.parse(each)?.host ?? []) : [],
  )
}

/** One file's settings, and behind them those that count where it has none: what is taken out of it does not count any more. */
function layerOf({ sources }: Conf, name: string): Layer {
  return sources[name]?.data ?? {}
}
