// The members of a manifest that people read, in the shapes that npm gives them, so that pages need not guess.
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'

/** The members that are written in another shape than their author chose; only those that are there. */
export function normalizeFacts(source: JsonObject): JsonObject {
  const facts: [string, JsonValue][] = []
  for (const [member, shape] of Object.entries(shapes)) {
    const value = source[member]
    const shaped = value === undefined ? undefined : shape(value)
    if (shaped !== undefined) facts.push([member, shaped])
  }
  return Object.fromEntries(facts)
}

const shapes: Readonly<Record<string, (value: JsonValue) => JsonValue | undefined>> = {
  author: personOf,
  bugs: (value) =>
    typeof value !== 'string'
      ? undefined
      : /^[^/]*@/.test(value)
        ? { email: value }
        : { url: value },
  contributors: peopleOf,
  description: (value) => (typeof value === 'string' ? undefined : ''),
  funding: (value) => (typeof value === 'string' ? { url: value } : undefined),
  keywords: (value) => {
    if (typeof value === 'string') return value.split(/,\s+/).filter((word) => word !== '')
    if (!Array.isArray(value)) return []
    return value.filter((word) => typeof word === 'string' && word !== '')
  },
  maintainers: peopleOf,
  repository: (value) => (typeof value === 'string' ? { type: 'git', url: value } : undefined),
}

function peopleOf(value: JsonValue): JsonValue | undefined {
  if (!Array.isArray(value)) return undefined
  return value.map((person: JsonValue) => personOf(person) ?? person)
}

/** `Name <mail> (address)` taken apart; undefined for what is an object already. */
function personOf(value: JsonValue): JsonObject | undefined {
  if (typeof value !== 'string') return isJsonObject(value) ? undefined : {}
  const name = /^[^(<]+/.exec(value)?.[0].trim() ?? ''
  const email = /<([^<>]+)>/.exec(value)?.[1]
  const url = /\(([^()]+)\)/.exec(value)?.[1]
  return {
    ...(name === '' ? {} : { name }),
    ...(email === undefined ? {} : { email }),
    ...(url === undefined ? {} : { url }),
  }
}
