// What was typed after a command's name, as positionals and options.
import { parseArgs } from 'node:util'
import { isSteleError, SteleError } from '@stele/errors'
import { nearest } from '@stele/settings'
import type { Input, Usage } from './command-input.ts'

const commonOptions = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const

/** The arguments of a command. Throws usage_wrong, in the words of whoever typed them. */
export function parseArguments(
  usage: Usage,
  all: readonly string[],
): Pick<Input, 'positionals' | 'options'> {
  const own = Object.fromEntries(
    Object.entries(usage.options).map(([name, { type, short, multiple = false }]) => [
      name,
      short === undefined ? { type, multiple } : { type, short, multiple },
    ]),
  )
  const options = { ...own, ...commonOptions }
  const { typed, passed } = splitPassed(usage, options, all)
  try {
    const { positionals, values, tokens } = parseArgs({
      args: [...typed],
      options,
      allowPositionals: true,
      allowNegative: true,
      tokens: true,
    })
    refuseTwice(usage, tokens)
    refuseEmpty(usage, tokens)
    const given = Object.entries(values).map(([name, value]) => [
      usage.options[name]?.as ?? name,
      Array.isArray(value) ? value.join(',') : value,
    ])
    return { positionals: [...positionals, ...passed], options: Object.fromEntries(given) }
  } catch (cause) {
    if (isSteleError(cause)) throw cause
    const reason = reasonOf(cause, Object.keys(options))
    throw new SteleError('usage_wrong', { reason, command: usage.name }, { cause })
  }
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>

/** What is for the command, and what it passes on: untouched, and in its order. */
function splitPassed(
  { passesOn, options: own }: Usage,
  options: Options,
  all: readonly string[],
): { readonly typed: readonly string[]; readonly passed: readonly string[] } {
  if (passesOn === undefined) return { typed: all, passed: [] }
  const { tokens } = parseArgs({
    args: [...all],
    options,
    strict: false,
    allowNegative: true,
    tokens: true,
  })
  const end = tokens.find(({ kind }) => kind === 'option-terminator')?.index ?? all.length
  const start = tokens.find(({ kind }) => kind === 'positional')?.index ?? end
  const behind = all.slice(end + 1)
  if (passesOn === 'all') {
    const from = Math.min(start, end)
    return { typed: all.slice(0, from), passed: from === end ? behind : all.slice(from) }
  }
  const given = tokens.flatMap((token) =>
    token.kind === 'option' && token.index < end ? [token] : [],
  )
  // Of short options in one word, all must be the command's. What stands before the first word is its own in any case.
  const isForeign = ({ name, index }: { name: string; index: number }): boolean =>
    index > start && (!Object.hasOwn(options, name) || own[name]?.npm !== undefined)
  const foreign = new Set(given.filter(isForeign).map(({ index }) => index))
  const kept = new Set(
    given
      .filter(({ index }) => !foreign.has(index))
      .flatMap(({ index, value, inlineValue }) =>
        value !== undefined && inlineValue === false ? [index, index + 1] : [index],
      ),
  )
  const before = all.slice(0, end)
  return {
    typed: before.filter((_, at) => kept.has(at)),
    passed: [...before.filter((_, at) => !kept.has(at)), ...behind],
  }
}

type Tokens = readonly {
  readonly kind: string
  readonly name?: string
  readonly value?: unknown
}[]

function refuseEmpty(usage: Usage, tokens: Tokens): void {
  const empty = tokens.find(
    ({ kind, name = '', value }) =>
      kind === 'option' && value === '' && usage.options[name]?.mayBeEmpty !== true,
  )
  if (empty === undefined) return
  const reason = `--${empty.name} needs a value: --${empty.name}=<value>`
  throw new SteleError('usage_wrong', { reason, command: usage.name })
}

/** Of two values one would be ignored, and nobody could tell which. */
function refuseTwice(usage: Usage, tokens: Tokens): void {
  const given = tokens.flatMap(({ kind, name = '', value }) =>
    kind === 'option' && value !== undefined && usage.options[name]?.multiple !== true
      ? [name]
      : [],
  )
  const twice = given.find((name, at) => given.indexOf(name) !== at)
  if (twice === undefined) return
  throw new SteleError('usage_wrong', { reason: `--${twice} is given twice`, command: usage.name })
}

function reasonOf(cause: unknown, known: readonly string[]): string {
  const { code, message } = errorOf(cause)
  const [, dashes = '', name = ''] = /'(?:-\w, )?(--?)([^\s'=]+)/.exec(message) ?? []
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const { near } = dashes === '--' ? nearest(name, known) : {}
    return `Unknown option ${dashes}${name}${near === undefined ? '' : `; did you mean --${near}?`}`
  }
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
    const takesNone = message.includes('does not take an argument')
    return `${dashes}${name} ${takesNone ? 'takes no value' : `needs a value: ${dashes}${name}=<value>`}`
  }
  return message
}

function errorOf(cause: unknown): { readonly code: string; readonly message: string } {
  if (!(cause instanceof Error)) return { code: '', message: String(cause) }
  return { code: 'code' in cause ? String(cause.code) : '', message: cause.message }
}
