// The dependency members of a manifest, as npm normalises them on publish.
import { normalizeGitSpecifier } from './git-specifier.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'

/** Name to specifier. */
type Dependencies = Readonly<Record<string, string>>

/** The dependency members of a normalised manifest; empty ones are not there. */
export type DependencyMembers = {
  readonly dependencies?: Dependencies
  readonly devDependencies?: Dependencies
  readonly optionalDependencies?: Dependencies
  readonly peerDependencies?: Dependencies
  readonly bundleDependencies?: readonly string[]
}

/**
 * Lists and texts become maps, values that are not texts go, git addresses are written as npm writes them, and a
 * bundled name that is no dependency becomes one with `*`.
 */
export function normalizeDependencies(source: JsonObject): DependencyMembers {
  const written = mapOf(source['dependencies'])
  const bundled = bundledNames(source, written)
  const unlisted = bundled.filter((name) => !Object.hasOwn(written, name))
  const all = { ...written, ...Object.fromEntries(unlisted.map((name) => [name, '*'])) }
  const members = {
    dependencies: withGitSpecifiers(all),
    devDependencies: withGitSpecifiers(mapOf(source['devDependencies'])),
    optionalDependencies: mapOf(source['optionalDependencies']),
    peerDependencies: onlyTexts(source['peerDependencies']),
    bundleDependencies: bundled,
  }
  return Object.fromEntries(
    Object.entries(members).filter(([, member]) => Object.keys(member).length > 0),
  )
}

function mapOf(value: JsonValue | undefined): Dependencies {
  const list = typeof value === 'string' ? value.trim().split(/[\s,]+/) : value
  if (!Array.isArray(list)) return onlyTexts(list)
  const texts = list.filter((item): item is string => typeof item === 'string')
  return Object.fromEntries(texts.map((text) => splitItem(text.trim())))
}

/** `name@1.0.0`, `name >=1` or `name` of an old list, as npm splits them. */
function splitItem(item: string): readonly [name: string, specifier: string] {
  const end = item.search(/:?[@\s><=]/)
  if (end < 0) return [item, '']
  return [item.slice(0, end), item.slice(end).replace(/^@/, '').trim()]
}

function onlyTexts(value: JsonValue | undefined): Dependencies {
  if (!isJsonObject(value)) return {}
  const texts = Object.entries(value).filter(
    (member): member is [string, string] => typeof member[1] === 'string',
  )
  return Object.fromEntries(texts)
}

function withGitSpecifiers(dependencies: Dependencies): Dependencies {
  return Object.fromEntries(
    Object.entries(dependencies).map(([name, value]) => [name, normalizeGitSpecifier(value)]),
  )
}

/** `bundledDependencies` is an alias; true stands for all dependencies; a map for its names. */
function bundledNames(source: JsonObject, dependencies: Dependencies): readonly string[] {
  const bundled = source['bundleDependencies'] ?? source['bundledDependencies']
  const whole = bundled === true ? dependencies : bundled
  const names: JsonValue | undefined = isJsonObject(whole) ? Object.keys(whole) : whole
  if (!Array.isArray(names)) return []
  return names.filter((name): name is string => typeof name === 'string' && name !== '')
}
