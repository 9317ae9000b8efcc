// What scripts find in their environment: npm's variables, and the programs of every node_modules above them.
import { existsSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  findNode,
  pathFolders,
  pathNameOf,
  prefixOfNode,
  type RegistryConfig,
  settingsFiles,
} from '@stele/fetch'
import type { JsonObject } from '@stele/formats/json'
import { version } from '../version.ts'
import { packageVariables } from './package-variables.ts'

/** What is the same for all scripts of a command. */
export type EnvironmentOf = {
  readonly env: NodeJS.ProcessEnv
  readonly config: RegistryConfig
  /** What npm would call the command: `run`, `install`. */
  readonly command: string
  /** The project. */
  readonly root: string
  /** The module that runs this process. */
  readonly main: URL
}

/** The environment for all scripts of a command. What an outer script was told of its own package is left out. */
export function baseEnvironment({
  env,
  config,
  command,
  root,
  main,
}: EnvironmentOf): NodeJS.ProcessEnv {
  const own = Object.entries(env).filter(
    ([name]) => !/^npm_(?:package|lifecycle)_/.test(name) && name !== 'npm_package_json',
  )
  const node = findNode(env)
  return {
    ...headersOf(node),
    ...config.exported(),
    ...usualSettings(config, { root, env }),
    ...Object.fromEntries(own),
    INIT_CWD: process.cwd(),
    NODE: node,
    npm_node_execpath: node,
    npm_execpath: launcherOf(main),
    npm_command: command,
    COLOR: env['NO_COLOR'] === undefined && process.stdout.isTTY === true ? '1' : '0',
    EDITOR: env['EDITOR'] ?? env['VISUAL'] ?? (process.platform === 'win32' ? 'notepad.exe' : 'vi'),
    npm_config_local_prefix: root,
    npm_config_registry: config.registryOf('a'),
    npm_config_user_agent: `stele/${version} npm/? node/${process.version} ${process.platform} ${process.arch}`,
  }
}

/** Settings of npm that scripts find even where nobody set them. */
function usualSettings(
  { usual, globalPrefix }: RegistryConfig,
  { root, env }: Pick<EnvironmentOf, 'root' | 'env'>,
): NodeJS.ProcessEnv {
  const names = ['cache', 'userconfig', 'init-module']
  const found = names.map((name) => [`npm_config_${name.replaceAll('-', '_')}`, usual(name) ?? ''])
  const prefix = globalPrefix ?? prefixOfNode(env)
  return {
    ...Object.fromEntries(found),
    npm_config_global_prefix: prefix,
    npm_config_globalconfig: settingsFiles(root, env).global,
  }
}

/** The headers of a Node that brings them, so that nothing has to be fetched to compile for it. */
function headersOf(node: string): NodeJS.ProcessEnv {
  const folder = dirname(dirname(node))
  const isThere = existsSync(join(folder, 'include', 'node', 'node.h'))
  return isThere ? { npm_config_nodedir: folder } : {}
}

/** Npm-like programs run it with Node: `bin/stele.cjs`, beside the folder of the module that runs this process. */
function launcherOf(main: URL): string {
  return fileURLToPath(new URL('../bin/stele.cjs', main))
}

/** A script to run. */
export type Script = {
  /** Of its package. */
  readonly folder: string
  readonly manifest: JsonObject
  /** What it is called: `postinstall`. */
  readonly event: string
  readonly script: string
  readonly args?: readonly string[]
  /** Where it runs; its package's folder where absent. */
  readonly cwd?: string
  /** Programs of packages above this folder are not found. */
  readonly top?: string
  /** Folders of programs before all others. */
  readonly binPaths?: readonly string[]
  /** Variables beside npm's. */
  readonly env?: NodeJS.ProcessEnv
}

/** The whole environment of one script. */
export function scriptEnvironment(
  base: NodeJS.ProcessEnv,
  { folder, manifest, event, script, top, binPaths = [], env = {} }: Script,
): NodeJS.ProcessEnv {
  const launcher = base['npm_execpath'] ?? ''
  const own = [...binsAbove(folder, top), join(dirname(launcher), 'node-gyp-bin')]
  const paths = [...binPaths, ...own, ...extraPaths(base), ...pathFolders(base)]
  const withoutPath = Object.entries(base).filter(([name]) => !/^path$/i.test(name))
  return {
    ...Object.fromEntries(withoutPath),
    ...packageVariables(manifest),
    ...env,
    npm_package_json: join(folder, 'package.json'),
    npm_lifecycle_event: event,
    npm_lifecycle_script: script,
    [pathNameOf(base)]: paths.join(delimiter),
  }
}

/** Every node_modules/.bin from here up, as far as `top` where that is given. */
export function binsAbove(folder: string, top?: string): readonly string[] {
  const found: string[] = []
  for (let at = resolve(folder); ; at = dirname(at)) {
    found.push(join(at, 'node_modules', '.bin'))
    if (at === top || at === dirname(at)) return found
  }
}

/** Where no Node is on PATH, scripts get the one that runs this. */
function extraPaths(env: NodeJS.ProcessEnv): readonly string[] {
  return findNode(env) === process.execPath ? [dirname(process.execPath)] : []
}
