// What may keep this machine from installing, one check at a time: what was found, and what to do where it is not right.
import { execFileSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { isSteleError, redact } from '@stele/errors'
import {
  findNode,
  openRegistries,
  pathFolders,
  type RegistryConfig,
  readConfig,
} from '@stele/fetch'
import type { Graph } from '@stele/resolve/graph'
import { compareInstalled, installedFault } from './layout/installed.ts'
import { maxClockSkewMs } from './limits.ts'
import { lockFault } from './lock/lock-fault.ts'
import { lockPathOf, readLockFile } from './lock/lock-file.ts'
import { readLinks } from './project/links.ts'
import { packumentFolder } from './resolving/registries.ts'
import { pathNode } from './store/path-node.ts'
import { registeredProjects, storeFolder } from './store/registered.ts'

/** What a check found. */
export type Finding = {
  readonly name: string
  readonly isOk: boolean
  readonly text: string
  /** What to do where it is not right. */
  readonly fix?: string | undefined
}

/** What is looked at. */
export type Patient = {
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  /** Where programs for the user are linked. */
  readonly bin: string
}

/** Every check, in the order in which they are told. */
export async function examine(patient: Patient): Promise<readonly Finding[]> {
  const found: Finding[] = []
  for (const [name, check] of Object.entries(checks)) {
    try {
      found.push(...[await check(patient)].flat())
    } catch (error) {
      if (!isSteleError(error)) throw error // A setting or a file that cannot be read: the other checks can do without.
      found.push({ name, isOk: false, text: error.message, fix: error.fix })
    }
  }
  return found
}

type Check = (
  patient: Patient,
) => Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>

const checks: { readonly [name: string]: Check } = {
  node,
  git,
  registry,
  proxy,
  store: storeFinding,
  'hard links': links,
  project: folder,
  lock,
  node_modules: installed,
  links: linked,
  PATH: path,
}

const leastNode = 20

function node({ env }: Patient): Finding {
  const { node: own } = process.versions
  const { version } = pathNode(env)
  const isOk = Number.parseInt(version, 10) >= leastNode
  const text = version === own ? own : `${own}; programs run with ${version}, ${findNode(env)}`
  return { name: 'node', isOk, text, fix: `Install Node ${leastNode} or newer` }
}

function git({ env }: Patient): Finding {
  try {
    const text = execFileSync('git', ['--version'], { env, encoding: 'utf8', timeout: 10_000 })
    return { name: 'git', isOk: true, text: text.trim().replace(/^git version /, '') }
  } catch {
    const fix = 'Install git if a dependency comes from a repository; nothing else needs it'
    return { name: 'git', isOk: true, text: `none: ${fix}` }
  }
}

async function registry({ root, env }: Patient): Promise<readonly Finding[]> {
  const config = readConfig(root, env)
  const url = config.registryOf('a')
  const registries = openRegistries(config)
  const shown = redact(url)
  try {
    const { status, date, tookMs, sent } = await registries.ask(url)
    const isDenied = status === 401 || status === 403
    const text = `${shown} answers in ${tookMs} ms${isDenied ? `, with ${status}` : ''}`
    const fix = sent
      ? `It refuses the token that .npmrc has for it: run "npm login --registry ${shown}"`
      : `It wants a token: run "npm login --registry ${shown}"`
    return [{ name: 'registry', isOk: !isDenied, text, fix }, clock(date)]
  } finally {
    registries.close()
  }
}

function clock(date: string | undefined): Finding {
  const skewMs = Date.now() - Date.parse(date ?? '')
  if (Number.isNaN(skewMs)) return { name: 'clock', isOk: true, text: 'the registry tells no time' }
  const isOk = Math.abs(skewMs) < maxClockSkewMs
  const seconds = Math.round(Math.abs(skewMs) / 1000)
  const text = isOk ? 'as the registry has it' : `${seconds} s ${skewMs > 0 ? 'ahead' : 'behind'}`
  return {
    name: 'clock',
    isOk,
    text,
    fix: 'Set the clock: certificates and the age of versions depend on it',
  }
}

function proxy({ root, env }: Patient): Finding {
  const { proxies }: RegistryConfig['transport'] = readConfig(root, env).transport
  const found = Object.entries(proxies).filter(([, value]) => value !== undefined && value !== '')
  const text = found.map(([name, value]) => `${name}=${redact(value)}`).join(', ')
  return { name: 'proxy', isOk: true, text: text === '' ? 'none' : text }
}

function storeFinding({ env }: Patient): Finding {
  const store = storeFolder(env)
  const fault = unwritable(store)
  const fix = 'Let XDG_DATA_HOME name a folder that you can write'
  if (fault !== undefined) return { name: 'store', isOk: false, text: fault, fix }
  if (!existsSync(store)) return { name: 'store', isOk: true, text: `${store}, not there yet` }
  const slots = list(join(store, 'slots')).flatMap((each) => list(join(store, 'slots', each)))
  const projects = registeredProjects(store).length
  const packs = list(packumentFolder(store)).map((each) => join(packumentFolder(store), each))
  const bytes = packs.reduce(
    (sum, each) => sum + (statSync(each, { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
  const kept = `${(bytes / 2 ** 20).toFixed(1)} MiB of packuments`
  const text = `${slots.length} packages for ${projects} projects, ${kept}; "stele store verify" reads all of it`
  return { name: 'store', isOk: true, text }
}

function list(place: string): readonly string[] {
  return existsSync(place) ? readdirSync(place) : []
}

/** Whether files of the store can be linked into the project, or must be copied. */
function links({ root, env }: Patient): Finding {
  const name = 'hard links'
  const fix =
    'The project is on another disk: let XDG_DATA_HOME name a folder on this one, or use the layout "global"'
  const store = join(storeFolder(env), 'staging')
  const [from, to] = [
    join(store, `doctor-${process.pid}`),
    join(root, `.stele-doctor-${process.pid}`),
  ]
  try {
    mkdirSync(store, { recursive: true })
    writeFileSync(from, '')
    linkSync(from, to)
    return { name, isOk: true, text: 'files of the store can be linked into this project' }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return { name, isOk: false, text: `files must be copied into this project (${reason})`, fix }
  } finally {
    for (const each of [from, to]) rmSync(each, { force: true })
  }
}

function folder({ root }: Patient): Finding {
  const fault = unwritable(join(root, 'node_modules'))
  const text = fault ?? `${root} can be written`
  return {
    name: 'project',
    isOk: fault === undefined,
    text,
    fix: 'Change who owns the folder, or run as its owner',
  }
}

/** Why nothing can be written there; undefined where it can. */
function unwritable(place: string): string | undefined {
  if (!existsSync(place)) {
    return dirname(place) === place ? `there is no ${place}` : unwritable(dirname(place))
  }
  try {
    accessSync(place, constants.W_OK)
    return undefined
  } catch {
    return `${place} cannot be written`
  }
}

async function lock({ root }: Patient): Promise<Finding> {
  const name = 'lock'
  if (!existsSync(join(root, 'package.json')))
    return { name, isOk: true, text: 'no package.json here' }
  if (!existsSync(lockPathOf(root))) {
    return {
      name,
      isOk: false,
      text: 'there is no stele.lock',
      fix: 'Run "stele install", and commit stele.lock',
    }
  }
  const fault = await lockFault(root)
  if (fault === undefined) return { name, isOk: true, text: 'it has what package.json wants' }
  return { name, isOk: false, text: [fault.message, ...fault.lines].join('; '), fix: fault.fix }
}

function installed({ root }: Patient): readonly Finding[] {
  const graph = lockedGraph(root)
  if (graph === undefined) return []
  const state = compareInstalled(root, graph)
  const faults = [installedFault(state) ?? [], state.wrong].flat()
  const left = [...state.omitted].map((kind) => `${kind}Dependencies`).join(' and ')
  const isOk = faults.length === 0
  const right = `as stele.lock says${left === '' ? '' : `, without ${left}`}`
  const fix = 'Run "stele install"'
  return [{ name: 'node_modules', isOk, text: isOk ? right : faults.join('; '), fix }]
}

/** What the lock holds, where it can be read. */
function lockedGraph(root: string): Graph | undefined {
  try {
    return readLockFile(root)?.lock.graph
  } catch (error) {
    if (isSteleError(error, 'lock_invalid')) return undefined // Another check tells of it.
    throw error
  }
}

function linked({ root }: Patient): Finding {
  const names = Object.values(readLinks(root)).flatMap((each) => Object.keys(each))
  const text =
    names.length === 0
      ? 'no package is linked'
      : `linked: ${names.join(', ')}; "stele unlink" ends that`
  return { name: 'links', isOk: true, text }
}

function path({ bin, env }: Patient): Finding {
  const isThere = pathFolders(env).includes(bin)
  const isNeeded = list(bin).length > 0
  const text = isThere
    ? `${bin} is on it`
    : `${bin} is not on it${isNeeded ? '' : ', and has no programs'}`
  return {
    name: 'PATH',
    isOk: isThere || !isNeeded,
    text,
    fix: `Add it: export PATH="${bin}:$PATH"`,
  }
}
