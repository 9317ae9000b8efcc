// Where things lie in the tree, as it tells its clients.
import type { Ask } from '@stele/http/routes'

/** Where all of the JS Registry lies, below the registry's own address. */
export const homePath = '/resources/jsregistry'

/** The path of the registry root. */
export const treePath: string = `${homePath}/root`

/** The tree's own address, as the client knows it. */
export function treeUrl({ baseUrl }: Pick<Ask, 'baseUrl'>): string {
  return `${baseUrl().replace(/\/+$/, '')}${treePath}`
}

/** The address of a package in the tree at `tree`. */
export function packageUrl(tree: string, name: string): string {
  return `${tree}/${encodePath(name)}`
}

/** The address of a version. Its files lie below it. */
export function versionUrl(tree: string, name: string, version: string): string {
  return `${packageUrl(tree, name)}/${encodeURIComponent(version)}`
}

/** The address of a distribution file: `map/-/map@3.1.0.tgz`; of a scoped package without the scope in the file's name. */
export function distributionUrl(
  tree: string,
  { name, version, type }: Distribution & { readonly name: string },
): string {
  const file = `${bareName(name)}@${version}.${type}`
  return `${packageUrl(tree, name)}/-/${encodePath(file)}`
}

/** A distribution file of a package. */
export type Distribution = { readonly version: string; readonly type: 'tgz' | 'zip' }

/** What a file name such as `map@3.1.0.zip` means, with the scope in front or without; undefined for another package's. */
export function parseDistribution(name: string, file: string): Distribution | undefined {
  const prefix = [name, bareName(name)].find((one) => file.startsWith(`${one}@`))
  const type = file.endsWith('.tgz') ? 'tgz' : file.endsWith('.zip') ? 'zip' : undefined
  if (prefix === undefined || type === undefined) return undefined
  return { version: file.slice(prefix.length + 1, -(type.length + 1)), type }
}

function bareName(name: string): string {
  return name.slice(name.indexOf('/') + 1)
}

/** Percent-encoded but for what is plain in a path. */
function encodePath(path: string): string {
  return encodeURIComponent(path).replaceAll('%40', '@').replaceAll('%2F', '/')
}
