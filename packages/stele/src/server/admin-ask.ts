// What an operator can ask of a server, and how it is read from the socket.
import { parseWithheldPart, type WithheldPart } from '@stele/entries/takedowns'
import { isPlainLine, isSteleError, SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue, parseJson } from '@stele/formats/json'

/** A version of a package. */
export type Spec = { readonly name: string; readonly version: string }

/** What can be asked. */
export type AdminAsk =
  | {
      readonly do: 'add_user'
      readonly account: string
      readonly email?: string
      readonly password?: string
    }
  /** One is made where none is given. */
  | { readonly do: 'set_password'; readonly account: string; readonly password?: string }
  | { readonly do: 'remove_user'; readonly account: string }
  | { readonly do: 'list_users' }
  | { readonly do: 'list_reservations' }
  | {
      readonly do: 'reserve' | 'release'
      readonly pattern: string
      /** The operator's own, or, where it is released, all who share it, when absent. */
      readonly accounts?: readonly string[]
      /** Reserves a name of an upstream also where tarballs cannot be had that were installed from here: they are lost then. */
      readonly losesMissing?: boolean
    }
  /** What clients would lose of upstreams if this were reserved. */
  | { readonly do: 'find_reached'; readonly pattern: string }
  /** What a takedown of this would delete: `name@version`, an integrity, or the hex of a SHA-512. */
  | { readonly do: 'find_blob'; readonly what: string }
  /** Which of its values a takedown of this entry's would name, and what stays. */
  | { readonly do: 'find_values'; readonly entry: number }
  | {
      readonly do: 'take_down'
      readonly withhold: readonly WithheldPart[]
      readonly reason: string
      /** Removed from its package first, so that no tag points at it. */
      readonly release?: Spec
    }
  /** What an amendment of a release that came from an upstream would change; and making it. */
  | ({ readonly do: 'find_amendment' | 'amend' } & Spec)
  | { readonly do: 'publish'; readonly replace: boolean }
  | { readonly do: 'read_rules' }
  | {
      readonly do: 'apply_rules'
      readonly body: string
      readonly blobs: { readonly [name: string]: string }
    }

/** Reads what came over the socket. Throws request_invalid. */
export function parseAsk(text: string): AdminAsk {
  const value = parseJson(text, 'the request')
  if (isJsonObject(value) && typeof value['do'] === 'string') {
    const { account, pattern, what } = texts(value, ['account', 'pattern', 'what'])
    switch (value['do']) {
      case 'add_user':
        if (account === undefined) break
        return { do: 'add_user', account, ...texts(value, ['email', 'password']) }
      case 'set_password':
        if (account === undefined) break
        return { do: 'set_password', account, ...texts(value, ['password']) }
      case 'remove_user':
        if (account === undefined) break
        return { do: 'remove_user', account }
      case 'list_users':
      case 'list_reservations':
      case 'read_rules':
        return { do: value['do'] }
      case 'reserve':
      case 'release':
        if (pattern === undefined) break
        return {
          do: value['do'],
          pattern,
          ...parseAccounts(value['accounts']),
          ...(value['losesMissing'] === true ? { losesMissing: true } : {}),
        }
      case 'find_reached':
        if (pattern === undefined) break
        return { do: 'find_reached', pattern }
      case 'find_blob':
        if (what === undefined) break
        return { do: 'find_blob', what }
      case 'find_amendment':
      case 'amend': {
        const { name, version } = texts(value, ['name', 'version'])
        if (name === undefined || version === undefined) break
        return { do: value['do'], name, version }
      }
      case 'publish':
        return { do: 'publish', replace: value['replace'] === true }
      case 'find_values': {
        const { entry } = { entry: value['entry'] }
        if (typeof entry !== 'number' || !Number.isSafeInteger(entry) || entry < 0) break
        return { do: 'find_values', entry }
      }
      case 'take_down':
        return parseTakedown(value)
      case 'apply_rules': {
        const { body, blobs } = { body: value['body'], blobs: value['blobs'] }
        if (typeof body !== 'string' || !isJsonObject(blobs)) break
        return { do: 'apply_rules', body, blobs: allTexts(blobs) }
      }
    }
  }
  throw new SteleError('request_invalid', {
    what: 'the request',
    reason: 'it asks for nothing that this server knows',
  })
}

type Members = { readonly [name: string]: JsonValue }

function parseAccounts(value: JsonValue | undefined): { readonly accounts?: readonly string[] } {
  if (value === undefined) return {}
  if (Array.isArray(value) && value.length > 0) {
    const accounts = value.filter((one) => typeof one === 'string')
    if (accounts.length === value.length) return { accounts }
  }
  const reason = 'its "accounts" must be a list of names'
  throw new SteleError('request_invalid', { what: 'the request', reason })
}

function parseTakedown(value: Members): AdminAsk {
  const { withhold, reason, release } = {
    withhold: value['withhold'],
    reason: value['reason'],
    release: value['release'],
  }
  if (!Array.isArray(withhold) || typeof reason !== 'string') {
    throw wrongTakedown('it needs a list "withhold" and a text "reason"')
  }
  if (!isPlainLine(reason)) {
    throw wrongTakedown('its "reason" must be one line, without control characters')
  }
  const ask = { do: 'take_down', withhold: withhold.map(parsePart), reason } as const
  if (release === undefined) return ask
  const { name, version } = isJsonObject(release) ? texts(release, ['name', 'version']) : {}
  if (name === undefined || version === undefined) {
    throw wrongTakedown('its release needs a name and a version')
  }
  return { ...ask, release: { name, version } }
}

/** As the takedown's body has it: what that refuses must not be signed. */
function parsePart(value: JsonValue): WithheldPart {
  try {
    return parseWithheldPart(value)
  } catch (error) {
    throw isSteleError(error) ? wrongTakedown(error.message) : error
  }
}

function wrongTakedown(reason: string): SteleError {
  return new SteleError('request_invalid', { what: 'the takedown', reason })
}

function texts<N extends string>(
  value: Members,
  names: readonly N[],
): { readonly [K in N]?: string } {
  const found: { [K in N]?: string } = {}
  for (const name of names) {
    const member = value[name]
    if (typeof member === 'string') found[name] = member
  }
  return found
}

function allTexts(value: Members): { readonly [name: string]: string } {
  const members = Object.entries(value)
  return Object.fromEntries(
    members.flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])),
  )
}
