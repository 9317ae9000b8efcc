// The filter of packs: `name like "b*" and not (version = "1.0.0")`. The documents show `like` alone; the rest is ours.
import { SteleError } from '@stele/errors'
import { maxFilterDepth, maxFilterLength } from '../limits.ts'

/** What a filter looks at: members that are texts. */
type Facts = { readonly [field: string]: unknown }

/** A filter, read. Where it must know what `facts` does not have, it does not know: undefined. */
export type Filter = (facts: Facts) => boolean | undefined

/** Members that a filter may name, and packs are sorted by. */
export const packFields = [
  'id',
  'name',
  'main',
  'layer',
  'title',
  'description',
  'createdBy',
  'createdAt',
  'modifiedBy',
  'modifiedAt',
  'location',
  'version',
] as const

/**
 * Comparisons (`=`, `!=`, `like` with `*` for any characters), `and`, `or`, `not` and brackets; texts in double quotes.
 * An empty text takes everything. Throws request_invalid.
 */
export function parseFilter(text: string): Filter {
  if (text.length > maxFilterLength) throw invalid(`it has more than ${maxFilterLength} characters`)
  if (text.trim() === '') return () => true
  const tokens = tokensOf(text)
  let at = 0
  const peek = (): string => tokens[at] ?? ''
  const next = (): string => tokens[at++] ?? ''
  const takes = (word: string): boolean => {
    if (peek().toLowerCase() !== word) return false
    at++
    return true
  }

  function either(depth: number): Filter {
    let filter = both(depth)
    while (takes('or')) filter = join(filter, both(depth), true)
    return filter
  }
  function both(depth: number): Filter {
    let filter = one(depth)
    while (takes('and')) filter = join(filter, one(depth), false)
    return filter
  }
  function one(depth: number): Filter {
    if (depth > maxFilterDepth) throw invalid('it is nested too deeply')
    if (takes('not')) {
      const inner = one(depth + 1)
      return (facts) => {
        const found = inner(facts)
        return found === undefined ? undefined : !found
      }
    }
    if (!takes('(')) return comparison()
    const inner = either(depth + 1)
    if (!takes(')')) throw invalid('a bracket is not closed')
    return inner
  }
  function comparison(): Filter {
    const field = next()
    if (!packFields.some((known) => known === field)) {
      throw invalid(`"${field}" is not one of ${packFields.join(', ')}`)
    }
    const operator = next().toLowerCase()
    const value = next()
    if (!value.startsWith('"'))
      throw invalid(`after "${field} ${operator}" it wants a text in quotes`)
    return compare(field, operator, value.slice(1, -1).replaceAll(/\\(["\\])/g, '$1'))
  }

  const filter = either(0)
  if (at < tokens.length) throw invalid(`it goes on with "${peek()}"`)
  return filter
}

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = []
  const form = /\s*(?:("(?:[^"\\]|\\["\\])*")|(!=|=|\(|\))|([A-Za-z]+))\s*/y
  while (form.lastIndex < text.length) {
    const from = form.lastIndex
    const [, quoted, sign, word] = form.exec(text) ?? []
    const token = quoted ?? sign ?? word
    if (token === undefined)
      throw invalid(`it is not understood from "${text.slice(from, from + 20)}" on`)
    tokens.push(token)
  }
  return tokens
}

/** `decides` is what one side needs to be, for the other not to matter. */
function join(a: Filter, b: Filter, decides: boolean): Filter {
  return (facts) => {
    const [left, right] = [a(facts), b(facts)]
    if (left === decides || right === decides) return decides
    return left === undefined || right === undefined ? undefined : !decides
  }
}

function compare(field: string, operator: string, value: string): Filter {
  const matches = matcher(operator, value)
  return (facts) => {
    if (!Object.hasOwn(facts, field)) return undefined
    const found = facts[field]
    return matches(typeof found === 'string' ? found : '')
  }
}

function matcher(operator: string, value: string): (found: string) => boolean {
  if (operator === '=') return (found) => found === value
  if (operator === '!=') return (found) => found !== value
  if (operator === 'like') return (found) => isLike(found, value)
  throw invalid(`"${operator}" is not one of =, != and like`)
}

/** Whether a text has these parts in order, `*` standing for any characters: in linear time, whatever is asked. */
function isLike(found: string, pattern: string): boolean {
  const parts = pattern.split('*')
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return found === pattern
  if (found.length < first.length + last.length) return false
  if (!found.startsWith(first) || !found.endsWith(last)) return false
  const end = found.length - last.length
  let at = first.length
  for (const part of rest) {
    const place = found.indexOf(part, at)
    if (place < 0 || place + part.length > end) return false
    at = place + part.length
  }
  return true
}

function invalid(reason: string): SteleError {
  return new SteleError('request_invalid', { what: 'the filter', reason })
}
