// stele config: settings of npm and Stele, where each comes from, and changes of them. Secrets are never shown.
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { SteleError } from '@stele/errors'
import { readConfig, settingsFiles } from '@stele/fetch'
import type { JsonValue } from '@stele/formats/json'
import { manifestIn } from '../client/project/manifest-in.ts'
import {
  changeSetting,
  isSecret,
  readSettings,
  type Setting,
  shownValue,
} from '../client/project/npmrc-file.ts'
import { placeOf } from '../client/project/place.ts'
import type { Command, Input } from './command.ts'

type Place = { readonly from: string; readonly settings: readonly Setting[] }
type Report =
  | { readonly places: readonly Place[] }
  | { readonly key: string; readonly value: string | undefined; readonly from: string | undefined }
  | { readonly changed: string; readonly key: string; readonly isChanged: boolean }

/** Shows and changes settings. */
export const config: Command<Report> = {
  usage: {
    name: 'config',
    summary: 'Show settings and where they come from, or change them',
    arguments: 'list | get <key> | set <key>=<value> ... | delete <key> ...',
    options: {
      location: {
        type: 'string',
        value: 'user|project|global',
        summary: 'the .npmrc that is changed: that of the user where nothing is said',
      },
    },
    notes: [
      'Settings come from the environment (npm_config_*), the .npmrc of the project, of the user and of the machine,',
      'the first that has one; those of Stele alone stand below "stele" in package.json. Secrets are never shown.',
    ],
  },
  run,
  view,
  exitCode: (report) => ('value' in report && report.value === undefined ? 1 : 0),
}

async function run(input: Input): Promise<Report> {
  const [action = 'list', ...rest] = input.positionals
  switch (action) {
    case 'list':
    case 'ls':
      return { places: hidden(await placesOf(input)) }
    case 'get':
      return rest[0] === undefined ? { places: hidden(await placesOf(input)) } : get(input, rest[0])
    case 'set':
      return set(input, rest)
    case 'delete':
    case 'rm':
      return remove(input, rest)
    default:
      throw wrong(`There is no "config ${action}"`)
  }
}

/** Nearest first. */
async function placesOf({ environment }: Input): Promise<readonly Place[]> {
  const { root } = await placeOf(process.cwd())
  const env = { ...environment }
  const { project, user, global } = settingsFiles(root, env)
  const variables = Object.entries(env).flatMap(([name, value = '']) => {
    const key = /^npm_config_(?<key>.+)$/i.exec(name)?.groups?.['key']
    return key === undefined ? [] : [{ key: variableKey(key), value }]
  })
  const own = manifestIn(root)?.['stele']
  return [
    { from: 'environment (npm_config_*)', settings: variables },
    { from: project, settings: readSettings(project) },
    { from: user, settings: user === project ? [] : readSettings(user) },
    { from: global, settings: readSettings(global) },
    { from: `${join(root, 'package.json')}, "stele"`, settings: settingsOf(own) },
  ]
}

/** `_` is written for `-`, except at the start. */
function variableKey(name: string): string {
  return /^_|\/\//.test(name) ? name : name.toLowerCase().replaceAll('_', '-')
}

function settingsOf(own: JsonValue | undefined): readonly Setting[] {
  if (typeof own !== 'object' || own === null || Array.isArray(own)) return []
  return Object.entries(own).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }))
}

function hidden(places: readonly Place[]): readonly Place[] {
  return places
    .filter(({ settings }) => settings.length > 0)
    .map(({ from, settings }) => ({
      from,
      settings: settings.map((setting) => ({ key: setting.key, value: shownValue(setting) })),
    }))
}

async function get(input: Input, key: string): Promise<Report> {
  if (isSecret(key)) throw wrong(`"${key}" is a secret: it is not shown`)
  for (const { from, settings } of await placesOf(input)) {
    const found = settings.findLast((setting) => setting.key === key)
    if (found !== undefined) return { key, value: shownValue(found), from }
  }
  if (key === 'registry') {
    return {
      key,
      value: readConfig(process.cwd(), { ...input.environment }).registryOf('a'),
      from: 'the default',
    }
  }
  return { key, value: undefined, from: undefined }
}

async function set(input: Input, typed: readonly string[]): Promise<Report> {
  const [first = '', second, ...more] = typed
  const isPair = first !== '' && !first.includes('=') && second !== undefined && more.length === 0
  const pairs = isPair ? [[first, second] as const] : typed.map(pairOf)
  if (pairs.length === 0) throw wrong('Say what to set: "stele config set <key>=<value>"')
  const path = await fileToChange(input)
  const changes = pairs.map(([key, value]) => {
    checkValue(key, value)
    return changeSetting(path, key, value)
  })
  const isChanged = changes.some(Boolean)
  return { changed: path, key: pairs.map(([key]) => key).join(', '), isChanged }
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
  throw wrong(`"${text}" has no value: write "${text}=<value>"`)
}

/** A line break would be another setting. */
function checkValue(key: string, value: string): void {
  if (/[\r\n]/.test(key + value)) throw wrong(`"${key}": a setting is one line`)
  const isAddress = key === 'registry' || key.endsWith(':registry')
  if (isAddress && !URL.canParse(value)) throw wrong(`"${key}": "${value}" is no address`)
  if (/^_(?:auth|authToken|password)$/.test(key)) {
    throw wrong(
      `"${key}" would go to every host: write "//<host>/:${key}" for the one that it is for`,
    )
  }
}

async function remove(input: Input, keys: readonly string[]): Promise<Report> {
  if (keys.length === 0) throw wrong('Say what to delete: "stele config delete <key>"')
  const path = await fileToChange(input)
  const changes = keys.map((key) => changeSetting(path, key, undefined))
  return { changed: path, key: keys.join(', '), isChanged: changes.some(Boolean) }
}

async function fileToChange({ options, environment }: Input): Promise<string> {
  const { root } = await placeOf(process.cwd())
  const { project, user, global } = settingsFiles(root, environment)
  const { location = 'user' } = options
  const files = new Map([
    ['project', project],
    ['user', user],
    ['global', global],
  ])
  const found = files.get(String(location))
  if (found !== undefined) return found
  throw wrong(`--location "${String(location)}": must be user, project or global`)
}

function view(report: Report): string {
  if ('places' in report) {
    const blocks = report.places.map(({ from, settings }) =>
      [`; ${shownPath(from)}`, ...settings.map(({ key, value }) => `${key} = ${value}`)].join('\n'),
    )
    return blocks.length === 0 ? "Nothing is set: npm's defaults hold" : blocks.join('\n\n')
  }
  if ('changed' in report) {
    const { changed, key, isChanged } = report
    return isChanged
      ? `${shownPath(changed)} has ${key} changed`
      : `${shownPath(changed)} is as it was`
  }
  if (report.value === undefined) return `"${report.key}" is not set`
  return report.value
}

function shownPath(path: string): string {
  const home = resolve(homedir())
  return path.startsWith(join(home, '/')) ? `~${path.slice(home.length)}` : path
}

function wrong(reason: string): SteleError<'usage_wrong'> {
  return new SteleError('usage_wrong', { reason, command: 'config' })
}
