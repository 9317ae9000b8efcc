// Overrides as people write them: npm's and pnpm's "overrides", yarn's "resolutions".
import { SteleError } from '@stele/errors'
import semver from 'semver'
import { maxOverrides } from './limits.ts'
import type { Override, Selector } from './overrides.ts'

/** What the value of a rule stands for: `$name` and `catalog:` are the project's to know. */
type ReadValue = (name: string, value: string) => string

/** The rules of an `overrides` object: nested as npm has them, `a>b` as pnpm has them. Throws override_invalid. */
export function parseOverrides(written: object, readValue: ReadValue): readonly Override[] {
  return parseLevel(written, { readValue, outer: '', count: { rules: 0 } })
}

type Level = {
  readonly readValue: ReadValue
  readonly outer: string
  readonly count: { rules: number }
}

function parseLevel(written: object, level: Level): readonly Override[] {
  return Object.entries(written)
    .filter(([key]) => key !== '.')
    .map(([key, value]) => parseRule(key, value, level))
}

function parseRule(key: string, value: unknown, level: Level): Override {
  const { readValue, outer, count } = level
  const path = outer === '' ? key : `${outer} > ${key}`
  count.rules += 1
  if (count.rules > maxOverrides) throw invalid(path, `there are more than ${maxOverrides}`)
  const [target = '', above, ...others] = splitKey(key).toReversed()
  if (others.length > 0)
    throw invalid(path, 'only "parent>dependency" is known; nest objects for more')
  const selector = parseSelector(target, path)
  const parent = above === undefined ? undefined : parseSelector(above, path)
  const rule = { ...selector, key: path, parent }
  if (typeof value === 'string') {
    return { ...rule, value: readText(selector.name, value, readValue), below: [] }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(path, 'it must be a version, a range or an object')
  }
  const own: unknown = Reflect.get(value, '.')
  if (own !== undefined && typeof own !== 'string') throw invalid(path, '"." must be a text')
  return {
    ...rule,
    value: own === undefined ? undefined : readText(selector.name, own, readValue),
    below: parseLevel(value, { ...level, outer: path }),
  }
}

function readText(name: string, value: string, readValue: ReadValue): string {
  const text = value.trim()
  return text === '' ? '*' : text === '-' ? '-' : readValue(name, text)
}

/** `a@1>b`: a `>` that belongs to a range follows an `@`, a blank or a bar. */
function splitKey(key: string): readonly string[] {
  return key.split(/(?<=[^ |@])>(?!=)/)
}

/** The rules of yarn's `resolutions`: `b`, `a/b` for what a depends on, two stars between them for all below a. Throws override_invalid. */
export function parseResolutions(written: object, readValue: ReadValue): readonly Override[] {
  const entries = Object.entries(written)
  if (entries.length > maxOverrides) {
    throw invalid('resolutions', `there are more than ${maxOverrides}`)
  }
  return entries.map(([key, value]) => {
    if (typeof value !== 'string') throw invalid(key, 'it must be a version or a range')
    return parseResolution(key, value, readValue)
  })
}

function parseResolution(key: string, value: string, readValue: ReadValue): Override {
  const [target = '', ...outer] = namesIn(key).toReversed()
  const selector = parseSelector(target, key)
  const [above = '**', ...others] = outer
  const rule: Override = {
    ...selector,
    key,
    value: readText(selector.name, value, readValue),
    parent: above === '**' ? undefined : parseSelector(above, key),
    below: [],
  }
  return others
    .filter((name) => name !== '**')
    .reduce<Override>(
      (inner, name) => ({
        ...parseSelector(name, key),
        key,
        value: undefined,
        parent: undefined,
        below: [inner],
      }),
      rule,
    )
}

/** The names in the path, scopes kept together, and the stars between them. */
function namesIn(key: string): readonly string[] {
  return key.match(/@[^/]+\/[^/]+|[^/]+/g) ?? []
}

/** `name`, `name@range`; yarn writes `name@npm:range`. */
function parseSelector(text: string, key: string): Selector {
  const trimmed = text.trim()
  const at = trimmed.indexOf('@', 1)
  const name = at === -1 ? trimmed : trimmed.slice(0, at)
  const range =
    at === -1
      ? '*'
      : trimmed
          .slice(at + 1)
          .replace(/^npm:/, '')
          .trim() || '*'
  if (!/^(?:@[^/\s]+\/)?[^/\s@>*]+$/.test(name)) throw invalid(key, `"${text}" is no package name`)
  if (semver.validRange(range) === null) throw invalid(key, `"${range}" is no range`)
  return { name, range }
}

function invalid(key: string, reason: string): SteleError<'override_invalid'> {
  return new SteleError('override_invalid', { key, reason })
}
