// What npm makes of a package.json when it publishes, in memory. Everything in it was written by strangers.
import { SteleError } from '@stele/errors'
import normalizeBin from 'npm-normalize-package-bin'
import { isJsonObject, type JsonObject, type JsonValue, parseTolerantJson } from './json.ts'
import { maxCommandDepth, maxExpandedCommands, maxPackageJsonBytes } from './limits.ts'
import { normalizeDependencies } from './manifest-dependencies.ts'
import { normalizeFacts } from './manifest-facts.ts'
import { type PackageName, parsePackageName } from './name.ts'
import { cleanVersion, type Version } from './version.ts'

/** A manifest in the form that npm publishes. Other members are as their author wrote them. */
export type Manifest = JsonObject & {
  readonly name: PackageName
  readonly version: Version
  readonly bin?: { readonly [command: string]: string }
  readonly dependencies?: { readonly [name: string]: string }
  readonly optionalDependencies?: { readonly [name: string]: string }
  readonly peerDependencies?: { readonly [name: string]: string }
  readonly bundleDependencies?: readonly string[]
  readonly scripts?: { readonly [event: string]: string }
  readonly hasInstallScript?: true
}

/**
 * The object that the bytes of a package.json say, read as every client reads them: a byte order mark is dropped,
 * broken UTF-8 is replaced, the last of duplicate keys wins. `what` names it in the error: json_invalid.
 */
export function parsePackageJson(bytes: Uint8Array, what: string): JsonObject {
  if (bytes.length > maxPackageJsonBytes) {
    const reason = `it has more than ${maxPackageJsonBytes} bytes`
    throw new SteleError('json_invalid', { what, reason })
  }
  const value = parseTolerantJson(new TextDecoder().decode(bytes), what)
  if (isJsonObject(value)) return value
  throw new SteleError('json_invalid', { what, reason: 'it is not an object' })
}

/**
 * The manifest that npm publishes for this package.json. `filePaths` are the package's files (`bin/cli.js`): they tell
 * what `directories.bin` holds and whether a `*.gyp` file asks for a build. Also takes what npm already normalised.
 * Throws name_invalid, version_invalid, manifest_invalid. Spec: release.md, "Record".
 */
export function normalizeManifest(packageJson: JsonObject, filePaths: readonly string[]): Manifest {
  const { hasInstallScript: _claimed, ...own } = packageJson
  return normalize(own, filePaths)
}

/**
 * As normalizeManifest() for a manifest out of a packument, full or abbreviated. There is no file list, and the
 * abbreviated form has no scripts, so its own `hasInstallScript` stands.
 */
export function normalizeServedManifest(manifest: JsonObject): Manifest {
  return normalize(manifest, [])
}

function normalize(source: JsonObject, filePaths: readonly string[]): Manifest {
  const name = parsePackageName(textOf(source, 'name').trim())
  const version = cleanVersion(textOf(source, 'version'))
  const kept = Object.entries(source).filter(([key]) => !key.startsWith('_') && !rebuilt.has(key))
  const scripts = scriptsOf(source, filePaths)
  return {
    ...Object.fromEntries(kept),
    ...normalizeFacts(source),
    ...normalizeDependencies(source),
    ...filled('bin', binOf(name, source, filePaths)),
    ...filled('scripts', scripts),
    ...(hasInstallScript(source, scripts) ? { hasInstallScript: true as const } : {}),
    name,
    version,
  }
}

/** Members that are made anew, or left out when nothing of them is valid. */
const rebuilt = new Set([
  'bin',
  'scripts',
  'hasInstallScript',
  'bundleDependencies',
  'bundledDependencies',
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
])

function textOf(source: JsonObject, member: 'name' | 'version'): string {
  const value = source[member]
  if (typeof value === 'string') return value
  throw manifestInvalid(source, member, 'is not a string')
}

function manifestInvalid(
  source: JsonObject,
  member: string,
  reason: string,
): SteleError<'manifest_invalid'> {
  const name = source['name']
  const spec = typeof name === 'string' ? `"${name.slice(0, 256)}"` : 'the package'
  return new SteleError('manifest_invalid', { spec, member, reason })
}

function hasInstallScript(source: JsonObject, scripts: Readonly<Record<string, string>>): boolean {
  if (source['hasInstallScript'] === true) return true
  return ['preinstall', 'install', 'postinstall'].some((event) => (scripts[event] ?? '') !== '')
}

/** The scripts that are texts, and npm's build of a `*.gyp` file where no script does it. */
function scriptsOf(source: JsonObject, filePaths: readonly string[]): Record<string, string> {
  const written = source['scripts']
  const scripts = isJsonObject(written) ? onlyTexts(written) : {}
  const builds = (scripts['preinstall'] ?? '') !== '' || (scripts['install'] ?? '') !== ''
  if (builds || source['gypfile'] === false) return scripts
  if (!filePaths.some((path) => /^[^/.][^/]*\.gyp$/.test(path))) return scripts
  return { ...scripts, install: 'node-gyp rebuild' }
}

function binOf(
  name: PackageName,
  source: JsonObject,
  filePaths: readonly string[],
): Record<string, string> {
  const directories = source['directories']
  const directory = isJsonObject(directories) ? directories['bin'] : undefined
  const expand = !source['bin'] && typeof directory === 'string' && directory !== ''
  const written = expand ? expandDirectory(source, directory, filePaths) : source['bin']
  // The library changes the object that it gets, so it gets a copy; a list of anything but texts it does not take.
  const bin = Array.isArray(written)
    ? written.filter((path) => typeof path === 'string')
    : structuredClone(written)
  return normalizeBin({ name, bin }).bin ?? {}
}

/** Each file and, as npm has it, each folder below the directory is a command; dot files are not. */
function expandDirectory(
  source: JsonObject,
  directory: string,
  filePaths: readonly string[],
): JsonValue {
  const root = cleanPath(directory)
  const prefix = root === '' ? '' : `${root}/`
  const commands = new Map<string, string>()
  for (const path of filePaths) {
    if (!path.startsWith(prefix)) continue
    const segments = path.slice(prefix.length).split('/', maxCommandDepth + 1)
    if (segments.length > maxCommandDepth) continue
    if (segments.some((segment) => segment.startsWith('.'))) continue
    segments.forEach((command, index) => {
      commands.set(command, prefix + segments.slice(0, index + 1).join('/'))
    })
    if (commands.size > maxExpandedCommands) {
      throw manifestInvalid(source, 'directories.bin', `has more than ${maxExpandedCommands} files`)
    }
  }
  return Object.fromEntries(commands)
}

/** A relative path with `.` and `..` worked out; nothing climbs above the package. */
function cleanPath(path: string): string {
  const segments: string[] = []
  for (const segment of path.split(/[/\\:]/)) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return segments.join('/')
}

/** The members whose values are texts. */
function onlyTexts(object: JsonObject): Record<string, string> {
  const texts = Object.entries(object).filter(
    (member): member is [string, string] => typeof member[1] === 'string',
  )
  return Object.fromEntries(texts)
}

function filled<Key extends string, Value extends object>(
  key: Key,
  value: Value,
): { readonly [K in Key]?: Value } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- A computed key widens to string.
  return (Object.keys(value).length === 0 ? {} : { [key]: value }) as {
    readonly [K in Key]?: Value
  }
}
