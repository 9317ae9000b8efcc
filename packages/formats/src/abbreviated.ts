// The abbreviated form of a manifest: what installers ask for. Spec: npm-wire P4, P7, P8.
import { isJsonObject, type JsonObject } from './json.ts'

/** The media type of abbreviated packuments. */
export const abbreviatedType = 'application/vnd.npm.install-v1+json'

const members: readonly string[] = [
  'name',
  'version',
  'dist',
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'bundleDependencies',
  'bin',
  'directories',
  'engines',
  'os',
  'cpu',
  'libc',
  'funding',
  'deprecated',
  'hasInstallScript',
  '_hasShrinkwrap',
  'devDependencies',
  'acceptDependencies',
]

/**
 * The members of a packument's manifest that the abbreviated form has. `deprecated` goes unless it says something;
 * `hasInstallScript` is made from the scripts where it is missing.
 */
export function abbreviate(manifest: JsonObject): JsonObject {
  const present = members.filter(
    (member) => Object.hasOwn(manifest, member) && says(manifest, member),
  )
  const short = Object.fromEntries(present.map((member) => [member, manifest[member] ?? null]))
  return runsScripts(manifest) ? { ...short, hasInstallScript: true } : short
}

function says(manifest: JsonObject, member: string): boolean {
  const value = manifest[member]
  if (value === undefined) return false
  return member !== 'deprecated' || (typeof value === 'string' && value !== '')
}

function runsScripts(manifest: JsonObject): boolean {
  const { scripts } = manifest
  if (!isJsonObject(scripts)) return false
  return ['preinstall', 'install', 'postinstall'].some(
    (event) => typeof scripts[event] === 'string' && scripts[event] !== '',
  )
}
