// Which .npmrc files hold: of the project, of the user, of the machine. As npm finds them.
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, normalize, resolve } from 'node:path'
import { type Environment, findNode } from './path-variable.ts'

/** The files that hold at this root, the one that wins first; none of them need be there. */
export type SettingsFiles = {
  readonly project: string
  readonly user: string
  readonly global: string
}

/** The files. That of the machine is below npm's prefix, which the user's may name; a project's names neither. */
export function settingsFiles(root: string, env: Environment): SettingsFiles {
  const user = resolve(variable(env, 'userconfig') ?? join(env['HOME'] ?? homedir(), '.npmrc'))
  const read = settingsIn(user, env)
  const prefix = variable(env, 'prefix') ?? read('prefix') ?? prefixOfNode(env)
  const named = variable(env, 'globalconfig') ?? read('globalconfig')
  const global = resolve(named ?? join(prefix, 'etc', 'npmrc'))
  return { project: join(root, '.npmrc'), user, global }
}

/** A setting of npm that the environment has. */
function variable(env: Environment, name: string): string | undefined {
  const found = env[`npm_config_${name}`] ?? env[`NPM_CONFIG_${name.toUpperCase()}`]
  return found === '' ? undefined : found
}

/** Reads single settings of a file, before all are read together. */
function settingsIn(path: string, env: Environment): (name: string) => string | undefined {
  let text = ''
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    // There is none, or it cannot be read: reading all of them tells.
  }
  return (name) => {
    const lines = [
      ...text.matchAll(new RegExp(`^[ \\t]*${name}[ \\t]*=[ \\t]*(.+?)[ \\t]*$`, 'gm')),
    ]
    const written = lines.at(-1)?.[1]?.replace(/^"(.*)"$/, '$1')
    const home = env['HOME'] ?? homedir()
    return written
      ?.replaceAll(/\$\{([^${}]+)\}/g, (whole, key: string) => env[key] ?? whole)
      .replace(/^~(?=\/)/, home)
  }
}

/** The folder below which npm installs for the whole machine where nobody says another: that of the Node that runs npm. */
export function prefixOfNode(env: Environment): string {
  const { PREFIX: prefix, DESTDIR: destination } = env
  if (prefix !== undefined && prefix !== '') return prefix
  const folder = dirname(findNode(env, isOfMachine))
  if (process.platform === 'win32') return folder
  return destination === undefined ? dirname(folder) : join(destination, dirname(folder))
}

/** Whether the folder of PATH is not a project's, which npm puts first: what a project brings is not the machine's. */
function isOfMachine(folder: string): boolean {
  return isAbsolute(folder) && !normalize(`${folder}/`).endsWith(normalize('/node_modules/.bin/'))
}
