// A graph as stele.lock: JSON, with a line for each setting, each dependency of a package.json and each package, so that version
// control merges it well. Spec: spec/lock.md.
import { canonicalJson, type JsonObject } from '@stele/formats/json'
import type { Direct, Instance } from '@stele/resolve/graph'
import { factsOf } from './facts.ts'
import { shortenKey } from './keys.ts'
import type { Lock } from './lock.ts'
import { lockVersion } from './lock.ts'

/** Ends each object, so that every line before it ends with a comma and none changes when another is added. */
const end = '"":0'

/** The text of the lock. The same graph gives the same bytes. */
export function formatLock({ graph, settings, checkpoints = {} }: Lock): string {
  const importers = graph.importers.map(
    ({ folder, directs }) => `${JSON.stringify(folder)}:${block(directs.map(directLine))}`,
  )
  const contexts = [...graph.instances].filter(([key, { id }]) => key !== id)
  const hasContext = new Set(contexts.map(([, { id }]) => id))
  const packages = [...graph.packages].map(([id, release]) => {
    const bare = graph.instances.get(id)
    const own = bare === undefined ? {} : instanceFacts(bare)
    const mark = bare !== undefined && hasContext.has(id) ? { bare: true } : {}
    return line(id, { ...factsOf(id, release), ...own, ...mark })
  })
  const surrounded = contexts.map(([key, instance]) =>
    line(key, { of: instance.id, ...instanceFacts(instance) }),
  )
  const proved = membersOf(checkpoints)
  return [
    `{"lockVersion":${lockVersion},`,
    `"settings":${block(membersOf(settings))},`,
    ...(proved.length === 0 ? [] : [`"checkpoints":${block(proved)},`]),
    `"importers":${block(importers)},`,
    `"packages":${block(packages)},`,
    `"contexts":${block(surrounded)}}`,
    '',
  ].join('\n')
}

function block(lines: readonly string[]): string {
  return `{\n${lines.map((each) => `${each},\n`).join('')}${end}}`
}

function line(key: string, facts: JsonObject): string {
  return `${JSON.stringify(key)}:${JSON.stringify(facts)}`
}

function membersOf(object: JsonObject): readonly string[] {
  const present = Object.entries(object).filter(([, value]) => value !== undefined)
  return present
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${canonicalJson(value, key)}`)
}

function directLine({ name, specifier, kind, instance }: Direct): string {
  const found = instance === undefined ? null : shortenKey(name, instance)
  return `${JSON.stringify(name)}:${JSON.stringify([kind, specifier, found])}`
}

function instanceFacts({ dependencies, optional }: Instance): JsonObject {
  if (dependencies.size === 0) return {}
  const keys = [...dependencies].map(([name, key]) => [name, shortenKey(name, key)] as const)
  const optionals = [...optional].filter((name) => dependencies.has(name)).toSorted()
  return {
    dependencies: Object.fromEntries(keys),
    ...(optionals.length === 0 ? {} : { optional: optionals }),
  }
}
