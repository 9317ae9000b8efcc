// What the outcome of an install script depends on beside its package. Projects share what it makes, so whatever one of them can turn
// is in the key that they share it by.
import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, isAbsolute, join, normalize } from 'node:path'
import { pathFolders, pathNameOf, type RegistryConfig } from '@stele/fetch'
import type { Release } from '@stele/resolve/graph'
import { isGitAddress } from '../client/sources/git-kinds.ts'
import { pathNode } from '../client/store/path-node.ts'

/** Where scripts run. */
export type BuildPlace = {
  readonly env: NodeJS.ProcessEnv
  readonly libc: string | undefined
  readonly config: Pick<RegistryConfig, 'exported' | 'registryOf' | 'setting'>
  readonly root: string
}

/** Says of a package what its build depends on here, as a text. */
export function buildTarget({ env, libc, config, root }: BuildPlace): (release: Release) => string {
  const { platform, arch } = process
  const own = systemEnvironment(env)
  const node = `node ${pathNode(own).modules}`
  const settings = Object.entries(config.exported()).filter(([name]) => !isIdle(name))
  const variables = Object.entries(own).filter(([name]) => isCounted(name) && !isIdle(name))
  const turned = [config.setting('script-shell'), config.registryOf('a'), settings, variables]
  const text = [platform, arch, libc ?? '', node, digest(turned.map(sorted))].join(' ')
  return ({ dist }) =>
    // It is installed as a project of its own, by all that .npmrc says.
    isGitAddress(dist.tarball) ? `${text} ${digest(settingsIn(root))}` : text
}

/** The environment without programs that a project brings: what builds run with comes from the system, or is their own dependency. */
export function systemEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const folders = pathFolders(env).filter(isOfSystem)
  return { ...env, [pathNameOf(env)]: folders.join(delimiter) }
}

function isOfSystem(folder: string): boolean {
  const plain = normalize(`${folder}/`)
  return isAbsolute(folder) && !plain.endsWith(normalize('/node_modules/.bin/'))
}

/** Variables that compilers, Node and whatever fetches ready-made programs go by. All others are the user's own, in every project alike. */
const counted: readonly RegExp[] = [
  /^npm_config_/i,
  /^(?:CC|CXX|CPP|LD|AR|AS|NM|RANLIB|STRIP|MAKE|CI|CPATH|LIBRARY_PATH|SDKROOT|JAVA_HOME)$/,
  /^(?:NODE_|CMAKE|PYTHON|PKG_CONFIG|RUST|CARGO|GO|GYP|LD_|DYLD_|ANDROID|C_INCLUDE|CPLUS_INCLUDE)[A-Z_]*$/,
  /(?:FLAGS|TARGET|MIRROR|HOST|SKIP|DOWNLOAD|BINARY|BINARIES|PREBUILT|BUILD_FROM_SOURCE)/i,
]

function isCounted(name: string): boolean {
  return counted.some((each) => each.test(name))
}

/** Settings that change what npm says or saves, and nothing that is built. */
const idle =
  /^npm_config_(?:fund|audit(?:_level)?|save(?:_.*)?|package_lock|loglevel|progress|color|yes|user_agent|local_prefix|init_.*|engine_strict|legacy_peer_deps|strict_peer_deps|min_release_age|before|update_notifier|offline|prefer_o.*)$/i

function isIdle(name: string): boolean {
  return idle.test(name)
}

function settingsIn(root: string): string {
  const path = join(root, '.npmrc')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.toSorted(([one], [other]) => (one < other ? -1 : 1)) : value
}

function digest(value: unknown): string {
  return hash('sha256', JSON.stringify(value), 'hex').slice(0, 32)
}
