// A package.json as environment variables. npm 0.0.6 gave scripts all of it, npm of today gives five members: both find what they look
// for here.
import type { JsonObject, JsonValue } from '@stele/formats/json'
import { maxPackageVariables, maxVariableLength } from './limits.ts'

type Variables = { readonly [name: string]: string }

/** `npm_package_*`: each value by the names on the way to it, joined with `_`; members of lists by their number. */
export function packageVariables(manifest: JsonObject): Variables {
  const { name, version, config, engines, bin } = manifest
  const whole = leavesOf('npm_package', manifest)
  const today = leavesOf('npm_package', withoutUndefined({ name, version, config, engines, bin }))
  const inAll = whole.slice(0, maxPackageVariables).filter(([path]) => !/_\0_/.test(path))
  return Object.fromEntries([
    ...inAll.map(([path, value]) => [named(path).replaceAll(/[^A-Za-z0-9_]/g, '_'), value]),
    ...today.map(([path, value]) => [named(path), value]), // With the very characters, as npm has them.
  ])
}

/** Names joined with a mark first, so that members of package.json that begin with `_` can be told. */
function leavesOf(prefix: string, value: JsonValue): readonly (readonly [string, string])[] {
  if (typeof value === 'object' && value !== null) {
    // Of a list, these are the numbers.
    return Object.entries(value).flatMap(([key, each]) => leavesOf(`${prefix}_\0${key}`, each))
  }
  const text = value === null || value === false ? '' : `${value}`
  return text.length > maxVariableLength || text.includes('\0') ? [] : [[prefix, text]]
}

function named(path: string): string {
  return path.replaceAll('\0', '')
}

function withoutUndefined(members: { readonly [name: string]: JsonValue | undefined }): JsonObject {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  )
}
