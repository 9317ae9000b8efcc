// The graph that a stele.lock holds. A lock comes with a repository: what is in it is a stranger's.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import type {
  Direct,
  EdgeKind,
  Graph,
  Importer,
  Instance,
  InstanceKey,
  Release,
} from '@stele/resolve/graph'
import { listIn, releaseOf, textsIn } from './facts.ts'
import { lengthenKey } from './keys.ts'
import { type Lock, lockVersion } from './lock.ts'

type Invalid = (reason: string) => SteleError<'lock_invalid'>

const kinds: readonly EdgeKind[] = ['dependencies', 'optionalDependencies', 'devDependencies']

/** The lock that the text is; `path` is what complaints call it. Throws lock_invalid. */
export function parseLock(text: string, path: string): Lock {
  const invalid: Invalid = (reason) => new SteleError('lock_invalid', { path, reason })
  const document = parseDocument(text, invalid)
  const { packages, instances } = parsePackages(document, invalid)
  const importers = linesOf(document, 'importers', invalid).map(([folder, directs]) =>
    parseImporter(folder, directs, invalid),
  )
  const graph = { importers, packages, instances }
  checkKeys(graph, invalid)
  const { settings = {} } = document
  if (!isJsonObject(settings)) throw invalid('"settings" must be an object')
  return { graph, settings }
}

function parseDocument(text: string, invalid: Invalid): JsonObject {
  if (/^<{7} /m.test(text)) throw invalid('it has conflict markers of a merge')
  let document: JsonValue
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error))
  }
  if (!isJsonObject(document)) throw invalid('it is no JSON object')
  const version = document['lockVersion']
  if (version === lockVersion) return document
  throw invalid(`its version is ${JSON.stringify(version)}; this Stele reads ${lockVersion}`)
}

function linesOf(
  document: JsonObject,
  name: string,
  invalid: Invalid,
): readonly (readonly [string, JsonObject])[] {
  const value = document[name]
  if (value === undefined || !isJsonObject(value)) throw invalid(`"${name}" is missing`)
  return Object.entries(value).flatMap(([key, facts]) => {
    if (key === '') return []
    if (facts === undefined || !isJsonObject(facts)) throw invalid(`"${key}" must be an object`)
    return [[key, facts] as const]
  })
}

function parsePackages(
  document: JsonObject,
  invalid: Invalid,
): Pick<Graph, 'packages' | 'instances'> {
  const packages = new Map<string, Release>()
  const bare = new Map<InstanceKey, Instance>()
  const always = new Set<string>()
  for (const [id, facts] of linesOf(document, 'packages', invalid)) {
    packages.set(id, releaseOf(id, facts, invalid))
    bare.set(id, parseInstance(id, facts, invalid))
    if (facts['bare'] === true) always.add(id)
  }
  const contexts = linesOf(document, 'contexts', invalid).map(([key, facts]) => {
    const { of } = facts
    if (typeof of !== 'string' || !packages.has(of)) {
      throw invalid(`it has no package for "${key}"`)
    }
    return [key, parseInstance(of, facts, invalid)] as const
  })
  for (const [, { id }] of contexts) if (!always.has(id)) bare.delete(id)
  const all = [...bare, ...contexts].toSorted(([one], [other]) => (one < other ? -1 : 1))
  return { packages, instances: new Map(all) }
}

function parseInstance(id: string, facts: JsonObject, invalid: Invalid): Instance {
  const { dependencies, optional } = facts
  const named = Object.entries(textsIn(dependencies, `the dependencies of "${id}"`, invalid) ?? {})
  return {
    id,
    dependencies: new Map(named.map(([name, text]) => [name, lengthenKey(name, text)])),
    optional: new Set(listIn(optional, `"optional" of "${id}"`, invalid)),
  }
}

function parseImporter(folder: string, directs: JsonObject, invalid: Invalid): Importer {
  const named = Object.entries(directs).filter(([name]) => name !== '')
  return { folder, directs: named.map(([name, value]) => parseDirect(name, value, invalid)) }
}

function parseDirect(name: string, value: JsonValue | undefined, invalid: Invalid): Direct {
  const [kind, specifier, found] = Array.isArray(value) ? value : []
  const known = kinds.find((each) => each === kind)
  if (known === undefined || typeof specifier !== 'string') {
    throw invalid(`the line of "${name}" must be a kind, a specifier and a version`)
  }
  const instance = typeof found === 'string' ? lengthenKey(name, found) : undefined
  return { name, specifier, kind: known, instance }
}

/** Everything that is depended on must be there. */
function checkKeys({ importers, instances }: Graph, invalid: Invalid): void {
  const check = (key: InstanceKey | undefined, by: string): void => {
    if (key === undefined || key.startsWith('link:') || instances.has(key)) return
    throw invalid(`it has no "${key}", which "${by}" depends on`)
  }
  for (const { folder, directs } of importers) {
    for (const { instance } of directs) check(instance, folder)
  }
  for (const [by, { dependencies }] of instances) {
    for (const key of dependencies.values()) check(key, by)
  }
}
