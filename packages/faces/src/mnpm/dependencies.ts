// Dependencies as mnpm writes them: a list of names with the versions wanted, where package.json has a mapping.
import { isJsonObject, type JsonValue } from '@stele/formats/json'

/** One dependency. `version` is what package.json wants: a range, a tag, an address. */
export type Dependency = { readonly name: string; readonly version: string }

/** The list of a manifest's `dependencies`, by name. */
export function dependencyList(dependencies: JsonValue | undefined): readonly Dependency[] {
  if (!isJsonObject(dependencies)) return []
  return Object.entries(dependencies)
    .flatMap(([name, version]) => (typeof version === 'string' ? [{ name, version }] : []))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** In words, the first difference between two lists; undefined where there is none. */
export function firstDifference(
  sent: readonly Dependency[],
  packed: readonly Dependency[],
): string | undefined {
  const wanted = new Map(packed.map(({ name, version }) => [name, version]))
  for (const { name, version } of sent) {
    const found = wanted.get(name)
    if (found === undefined)
      return `"dependencies" has "${name}", the package.json in the tarball has not`
    if (found !== version) {
      return `"dependencies" wants "${name}" as "${version}", the package.json in the tarball as "${found}"`
    }
    wanted.delete(name)
  }
  const [missing] = wanted.keys()
  return missing === undefined
    ? undefined
    : `the package.json in the tarball has the dependency "${missing}", "dependencies" has it not`
}
