// The kinds of value that are one thing: numbers, words, texts, addresses, sizes, times.
import { maxTextLength } from './limits.ts'
import { type Kind, refuse } from './section.ts'

/** A kind from what it takes: `read` gives undefined for what it cannot use. */
export function kindOf<T>(wanted: string, read: (found: unknown) => T | undefined): Kind<T> {
  return {
    wanted,
    parse: (found, place) => {
      const value = read(found)
      if (value === undefined) throw refuse(found, place, wanted)
      return value
    },
  }
}

/** A whole number within `[least, most]`. */
export function integer(least: number, most: number): Kind<number> {
  return kindOf(`an integer from ${least} to ${most}`, (found) => within(found, { least, most }))
}

/** A TCP port; 0 takes a free one. */
export const port: Kind<number> = integer(0, 65_535)

/** True or false. */
export const toggle: Kind<boolean> = kindOf('true or false', (found) =>
  found === true || found === 'true'
    ? true
    : found === false || found === 'false'
      ? false
      : undefined,
)

/** One of these words. */
export function choice<T extends string>(words: readonly T[]): Kind<T> {
  const wanted = `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`
  return kindOf(wanted, (found) => words.find((word) => word === found))
}

/** A text of this form. `wanted` says the form in words. */
export function text(wanted: string, form: RegExp): Kind<string> {
  return kindOf(wanted, (found) =>
    typeof found === 'string' && found.length <= maxTextLength && form.test(found)
      ? found
      : undefined,
  )
}

/** An http or https address without credentials, query or fragment; the slash at its end is taken off. */
export const url: Kind<string> = kindOf(
  'an http or https address without credentials or query',
  readUrl,
)

/** Such an address, or this word in place of one. */
export function urlOr(word: string): Kind<string> {
  return kindOf(`${url.wanted}, or "${word}"`, (found) => (found === word ? word : readUrl(found)))
}

function readUrl(found: unknown): string | undefined {
  if (typeof found !== 'string' || found.length > maxTextLength || !URL.canParse(found)) {
    return undefined
  }
  const parsed = new URL(found)
  const { protocol, search, hash, username, password } = parsed
  if (protocol !== 'http:' && protocol !== 'https:') return undefined
  if (search !== '' || hash !== '' || username !== '' || password !== '') return undefined
  return parsed.href.replace(/\/+$/, '')
}

/** Bytes: a number, or with a unit such as "64 MiB". */
export function size(least: number, most: number): Kind<number> {
  const wanted = `an integer from ${least} to ${most}, or with a unit such as "64 MiB"`
  return kindOf(wanted, (found) => within(withUnit(found, byteUnits), { least, most }))
}

/** Milliseconds: a number, or with a unit such as "30 s". */
export function duration(leastMs: number, mostMs: number): Kind<number> {
  const wanted = `an integer from ${leastMs} to ${mostMs}, or with a unit such as "30 s"`
  return kindOf(wanted, (found) =>
    within(withUnit(found, timeUnits), { least: leastMs, most: mostMs }),
  )
}

const byteUnits: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['kib', 1024],
  ['mib', 1024 ** 2],
  ['gib', 1024 ** 3],
])

const timeUnits: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 24 * 3_600_000],
])

function withUnit(found: unknown, units: ReadonlyMap<string, number>): unknown {
  if (typeof found !== 'string') return found
  const [, count, unit] = /^(\d{1,15}) ?([a-z]+)$/i.exec(found) ?? []
  const factor = unit === undefined ? undefined : units.get(unit.toLowerCase())
  return factor === undefined ? found : Number(count) * factor
}

function within(
  found: unknown,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  const value = typeof found === 'string' && /^\d{1,16}$/.test(found) ? Number(found) : found
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return undefined
  return value >= least && value <= most ? value : undefined
}
