// The graph that a stele.lock holds. A lock comes with a repository: what is in it is a stranger's.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import {
  type Direct,
  type EdgeKind,
  type Graph,
  type Importer,
  type Instance,
  type InstanceKey,
  isFolderName,
  type Release,
} from '@stele/resolve/graph'
import { listIn, releaseOf, textsIn } from './facts.ts'
import { isProjectFolder, lengthenKey } from './keys.ts'
import { type Lock, lockVersion } from './lock.ts'
import { danglingIn } from './soundness.ts'

type Invalid = (reason: string) => SteleError<'lock_invalid'>

const kinds: readonly EdgeKind[] = ['dependencies', 'optionalDependencies', 'devDependencies']

/** The lock that the text is; `path` is what complaints call it. Throws lock_invalid. */
export function parseLock(text: string, path: string): Lock {
  const lock = parseLines(text, path)
  const [missing] = danglingIn(lock.graph)
  if (missing === undefined) return lock
  const reason = `it has no "${missing.key}", which "${missing.by}" depends on`
  throw new SteleError('lock_invalid', { path, reason })
}

/** As parseLock(), but what lines depend on may be missing: they may come from two branches. Throws lock_invalid. */
export function parseLines(text: string, path: string): Lock {
  const invalid: Invalid = (reason) => new SteleError('lock_invalid', { path, reason })
  const document = parseDocument(text, invalid)
  const { packages, instances } = parsePackages(document, invalid)
  const importers = linesOf(document, 'importers', invalid).map(([folder, directs]) =>
    parseImporter(folder, directs, invalid),
  )
  const graph = { importers, packages, instances }
  const settings = parseMembers(document, 'settings', invalid)
  const { checkpoints } = document
  if (checkpoints === undefined) return { graph, settings }
  const { '': _, ...proved } = textsIn({
    value: isJsonObject(checkpoints) ? { ...checkpoints, '': '' } : checkpoints,
    what: '"checkpoints"',
    invalid,
  })
  return { graph, settings, checkpoints: proved }
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

function parseMembers(document: JsonObject, name: string, invalid: Invalid): JsonObject {
  const value = document[name]
  if (value === undefined || !isJsonObject(value)) throw invalid(`"${name}" must be an object`)
  const { '': _, ...members } = value
  return members
}

function linesOf(
  document: JsonObject,
  name: string,
  invalid: Invalid,
): readonly (readonly [string, JsonObject])[] {
  const value = document[name]
  if (value === undefined || !isJsonObject(value)) throw invalid(`"${name}" is missing`)
  const lines: (readonly [string, JsonObject])[] = []
  for (const key of Object.keys(value)) {
    const facts = value[key]
    if (key === '') continue
    if (facts === undefined || !isJsonObject(facts)) throw invalid(`"${key}" must be an object`)
    lines.push([key, facts])
  }
  return lines
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
  const found = new Map<string, InstanceKey>()
  if (dependencies !== undefined) {
    const what = `"dependencies" of "${id}"`
    const named = textsIn({ value: dependencies, what, invalid })
    for (const name of Object.keys(named)) {
      if (!isFolderName(name)) throw invalid(`"${id}" depends on "${name}", which is no name`)
      found.set(name, lengthenKey(name, named[name] ?? ''))
    }
  }
  const what = `"optional" of "${id}"`
  const optionals = optional === undefined ? [] : listIn({ value: optional, what, invalid })
  return { id, dependencies: found, optional: new Set(optionals) }
}

function parseImporter(folder: string, directs: JsonObject, invalid: Invalid): Importer {
  if (!isProjectFolder(folder)) throw invalid(`"${folder}" is no folder of the project`)
  const named = Object.entries(directs).filter(([name]) => name !== '')
  return { folder, directs: named.map(([name, value]) => parseDirect(name, value, invalid)) }
}

function parseDirect(name: string, value: JsonValue | undefined, invalid: Invalid): Direct {
  const [kind, specifier, found] = Array.isArray(value) ? value : []
  const known = kinds.find((each) => each === kind)
  if (known === undefined || typeof specifier !== 'string' || !isFolderName(name)) {
    throw invalid(`the line of "${name}" must be a name, a kind, a specifier and a version`)
  }
  const instance = typeof found === 'string' ? lengthenKey(name, found) : undefined
  return { name, specifier, kind: known, instance }
}
