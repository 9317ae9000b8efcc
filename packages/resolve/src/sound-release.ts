// A version as a registry or a package.json tells it, made safe to work with: every field has its type, or is left out.
import type { Release } from './packument.ts'

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isFlag: Check = (value) => typeof value === 'boolean'
const isList: Check = (value) => Array.isArray(value) && value.every(isText)
const isObject: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isTextOrAbsent: Check = (value) => value === undefined || isText(value)
const objectOf =
  (check: Check): Check =>
  (value) =>
    typeof value === 'object' && value !== null && Object.values(value).every(check)

/** What each field must be. Ranges that are no text are anything, as npm has it; so they are not looked at here. */
const checks: readonly (readonly [keyof Release, Check])[] = [
  ['dependencies', isObject],
  ['optionalDependencies', isObject],
  ['peerDependencies', objectOf(isText)],
  ['peerDependenciesMeta', objectOf(isObject)],
  ['bundleDependencies', (value) => isList(value) || isFlag(value)],
  ['bundledDependencies', (value) => isList(value) || isFlag(value)],
  ['bin', (value) => isText(value) || objectOf(isText)(value)],
  ['directories', (value) => isObject(value) && isTextOrAbsent(Reflect.get(Object(value), 'bin'))],
  ['engines', (value) => isObject(value) || Array.isArray(value)],
  ['deprecated', (value) => isText(value) || isFlag(value)],
  ['hasInstallScript', isFlag],
  ['scripts', isObject],
  ['os', (value) => isText(value) || isList(value)],
  ['cpu', (value) => isText(value) || isList(value)],
  ['libc', (value) => isText(value) || isList(value)],
]

/** The release without the fields that are not what they must be; itself where all are. */
export function soundRelease(release: Release): Release {
  const wrong = checks.filter(([name, check]) => {
    const value = release[name]
    return value !== undefined && !check(value)
  })
  if (wrong.length === 0) return release
  const sound = { ...release }
  for (const [name] of wrong) Reflect.deleteProperty(sound, name)
  return sound
}
