// What was typed after a command's name, as positionals and options.
import { parseArgs } from 'node:util'
import { isSteleError, SteleError } from '@stele/errors'
import { nearest } from '@stele/settings'
import type { Input, Usage } from './commands/command.ts'

const commonOptions = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const

/** The arguments of a command. Throws usage_wrong, in the words of whoever typed them. */
export function parseArguments(
  usage: Usage,
  typed: readonly string[],
): Pick<Input, 'positionals' | 'options'> {
  const own = Object.fromEntries(
    Object.entries(usage.options).map(([name, { type, short, multiple = false }]) => [
      name,
      short === undefined ? { type, multiple } : { type, short, multiple },
    ]),
  )
  const options = { ...own, ...commonOptions }
  try {
    const { positionals, values, tokens } = parseArgs({
      args: [...typed],
      options,
      allowPositionals: true,
      allowNegative: true,
      tokens: true,
    })
    refuseTwice(usage, tokens)
    const given = Object.entries(values).map(([name, value]) => [
      usage.options[name]?.as ?? name,
      Array.isArray(value) ? value.join(',') : value,
    ])
    return { positionals, options: Object.fromEntries(given) }
  } catch (cause) {
    if (isSteleError(cause)) throw cause
    const reason = reasonOf(cause, Object.keys(options))
    throw new SteleError('usage_wrong', { reason, command: usage.name }, { cause })
  }
}

/** Of two values one would be ignored, and nobody could tell which. */
function refuseTwice(
  usage: Usage,
  tokens: readonly { readonly kind: string; readonly name?: string; readonly value?: unknown }[],
): void {
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
