// The bodies of entries: what each kind says, read strictly from its canonical JSON (spec/state.md "Leaf").
import { SteleError } from '@stele/errors'
import { canonicalJson, type JsonValue, parseCanonicalJson } from '@stele/formats/json'
import type { OracleAnswer } from './execution.ts'
import { type EntryKind, entryKinds } from './leaf.ts'
import {
  maxBodyBytes,
  maxNamedWrites,
  maxOracles,
  maxRootSignatures,
  maxWithheldParts,
} from './limits.ts'
import { type Members, membersOf } from './members.ts'
import type { Via } from './via.ts'

/** Who may change the log's own settings: vkeys, and how many of them must sign. */
export type Roots = { readonly keys: readonly string[]; readonly threshold: number }
/** A root key's signature over a config or takedown body. */
export type RootSignature = { readonly key: string; readonly signature: string }

/** Entry 0. `script` and `engine` are blob names (hex SHA-512). */
export type GenesisBody = {
  readonly v: 1
  readonly origin: string
  readonly script: string
  readonly engine: string
  readonly limits: { readonly [name: string]: number }
  readonly keys: readonly string[]
  readonly roots: Roots
  readonly operator: string
}
/** A call of the service's script. `account` is null for anonymous callers. */
export type CallBody = {
  readonly v: 1
  readonly origin: string
  readonly account: string | null
  readonly seq: number
  readonly via: Via
  readonly method: string
  readonly args: readonly JsonValue[]
  /** The answers that its oracles were given, in the order in which it asked; absent where it asked none. */
  readonly oracles?: readonly OracleAnswer[]
}
/** A change of the log's own settings, in force from the next entry. */
export type ConfigBody = {
  readonly v: 1
  readonly origin: string
  readonly account: string | null
  readonly seq: number
  readonly via: Via
  readonly set: { readonly [name: string]: JsonValue }
  readonly signatures: readonly RootSignature[]
}
/** The digest of the script's memory at this point. */
export type MemoryBody = { readonly v: 1; readonly sha256: string }
/** What a takedown takes away. */
export type WithheldPart =
  | { readonly entry: number; readonly part: 'body' | 'effects' }
  | WithheldValues
  | { readonly blob: string }
/** Values that an entry wrote: those at these positions of its value record, ascending; all of them where none are named. */
export type WithheldValues = {
  readonly entry: number
  readonly part: 'values'
  readonly writes?: readonly number[]
}
/** Parts that are deleted, and why. */
export type TakedownBody = {
  readonly v: 1
  readonly origin: string
  readonly account: string | null
  readonly seq: number
  readonly via: Via
  readonly withhold: readonly WithheldPart[]
  readonly reason: string
  readonly signatures: readonly RootSignature[]
}

/** A body with its kind. */
export type Body =
  | { readonly kind: typeof entryKinds.genesis; readonly body: GenesisBody }
  | { readonly kind: typeof entryKinds.call; readonly body: CallBody }
  | { readonly kind: typeof entryKinds.config; readonly body: ConfigBody }
  | { readonly kind: typeof entryKinds.memory; readonly body: MemoryBody }
  | { readonly kind: typeof entryKinds.takedown; readonly body: TakedownBody }

/**
 * The account of config and takedown entries, which nobody else can have: they are numbered on their own, so that a body
 * that was signed on another machine fits until the next of its kind, whatever calls come in between.
 */
export const rootsAccount = 'stele/roots'

/** What a config entry may set. */
export const configMembers: readonly string[] = [
  'engine',
  'keys',
  'limits',
  'policy',
  'roots',
  'script',
  'upstreams',
]

const hex64 = /^[0-9a-f]{64}$/
const hex128 = /^[0-9a-f]{128}$/

/** The body's canonical JSON, as it is hashed and kept. */
export function formatBody(body: Body['body']): string {
  return canonicalJson(body)
}

/** The body of an entry of this kind. Throws `entry_invalid`, `json_not_canonical`. */
export function parseBody(kind: EntryKind, text: string): Body {
  if (text.length > maxBodyBytes) throw invalid(`it is over ${maxBodyBytes} bytes`)
  const members = membersOf('body', parseCanonicalJson(text, 'body'))
  members.literal('v', 1)
  switch (kind) {
    case entryKinds.genesis:
      return { kind, body: parseGenesis(members) }
    case entryKinds.call:
      return { kind, body: parseCall(members) }
    case entryKinds.config:
      return { kind, body: parseConfig(members) }
    case entryKinds.memory:
      members.only(['v', 'sha256'])
      return { kind, body: { v: 1, sha256: members.text('sha256', hex64) } }
    case entryKinds.takedown:
      return { kind, body: parseTakedown(members) }
  }
}

function parseGenesis(members: Members): GenesisBody {
  members.only(['v', 'origin', 'script', 'engine', 'limits', 'keys', 'roots', 'operator'])
  return {
    v: 1,
    origin: members.text('origin'),
    script: members.text('script', hex128),
    engine: members.text('engine', hex128),
    limits: parseLimits(members.object('limits')),
    keys: members.texts('keys'),
    roots: parseRoots(members.object('roots')),
    operator: members.text('operator'),
  }
}

function parseCall(members: Members): CallBody {
  members.only(['v', 'origin', 'account', 'seq', 'via', 'method', 'args', 'oracles'])
  const oracles = members.optionalList('oracles', maxOracles)?.map(parseOracle)
  if (oracles?.length === 0) throw invalid('its oracles are an empty list, not left out')
  return {
    v: 1,
    ...parseCaller(members),
    method: members.text('method'),
    args: members.list('args'),
    ...(oracles === undefined ? {} : { oracles }),
  }
}

function parseOracle(value: JsonValue): OracleAnswer {
  const answer = membersOf('oracle', value)
  if (!answer.has('error')) {
    answer.only(['value'])
    return { value: answer.any('value') }
  }
  answer.only(['error'])
  const error = answer.object('error')
  error.only(['name', 'message'])
  return { error: { name: error.text('name'), message: error.text('message') } }
}

function parseConfig(members: Members): ConfigBody {
  members.only(['v', 'origin', 'account', 'seq', 'via', 'set', 'signatures'])
  const set = members.object('set')
  set.only(configMembers)
  return {
    v: 1,
    ...parseRootsSender(members),
    set: set.value,
    signatures: parseSignatures(members),
  }
}

function parseTakedown(members: Members): TakedownBody {
  members.only(['v', 'origin', 'account', 'seq', 'via', 'withhold', 'reason', 'signatures'])
  return {
    v: 1,
    ...parseRootsSender(members),
    withhold: members.list('withhold', maxWithheldParts).map(parseWithheldPart),
    reason: members.text('reason'),
    signatures: parseSignatures(members),
  }
}

function parseSender(members: Members): Pick<CallBody, 'origin' | 'account' | 'seq' | 'via'> {
  return {
    origin: members.text('origin'),
    account: members.optionalText('account'),
    seq: members.count('seq', 1),
    via: parseVia(members.object('via')),
  }
}

function parseCaller(members: Members): ReturnType<typeof parseSender> {
  const sender = parseSender(members)
  if (sender.account !== rootsAccount) return sender
  throw invalid(`its account is "${rootsAccount}", which calls nothing`)
}

function parseRootsSender(members: Members): ReturnType<typeof parseSender> {
  const sender = parseSender(members)
  if (sender.account === rootsAccount && sender.via.type === 'host') return sender
  throw invalid(`its account is not "${rootsAccount}" via "host"`)
}

function parseVia(members: Members): Via {
  const type = members.text('type')
  if (type === 'debug' || type === 'token' || type === 'host') {
    members.only(['type'])
    return { type }
  }
  if (type !== 'key') throw invalid(`its via.type is "${type}", not debug, token, host or key`)
  members.only(['type', 'key', 'notAfter', 'signature'])
  return {
    type,
    key: members.text('key', hex64),
    notAfter: members.count('notAfter', 0),
    signature: members.text('signature'),
  }
}

/** One part that a takedown names. Throws `entry_invalid`. */
export function parseWithheldPart(value: JsonValue): WithheldPart {
  const members = membersOf('withheld part', value)
  if (members.has('blob')) {
    members.only(['blob'])
    return { blob: members.text('blob', hex128) }
  }
  const part = members.text('part')
  members.only(part === 'values' ? ['entry', 'part', 'writes'] : ['entry', 'part'])
  const entry = members.count('entry', 0)
  if (part === 'body' || part === 'effects') return { entry, part }
  if (part !== 'values') throw invalid(`its part is "${part}", not body, effects or values`)
  const writes = members.optionalList('writes', maxNamedWrites)
  return writes === undefined ? { entry, part } : { entry, part, writes: parsePositions(writes) }
}

/** One form for one set: ascending, each once, and not none at all. */
function parsePositions(list: readonly JsonValue[]): readonly number[] {
  const positions = list.map(Number)
  const isAscending = list.every((position, i) => {
    return Number.isSafeInteger(position) && Number(position) > (positions[i - 1] ?? -1)
  })
  if (isAscending && list.length > 0) return positions
  throw invalid('its writes are not positions in ascending order, each once')
}

function parseSignatures(members: Members): readonly RootSignature[] {
  return members.list('signatures', maxRootSignatures).map((value) => {
    const signature = membersOf('root signature', value)
    signature.only(['key', 'signature'])
    return { key: signature.text('key'), signature: signature.text('signature') }
  })
}

/** The limits in a JSON value: names to integers. Throws `entry_invalid`. */
export function parseLimits(members: Members): { readonly [name: string]: number } {
  return Object.fromEntries(
    Object.keys(members.value).map((name) => [name, members.count(name, 0)]),
  )
}

/** The roots in a JSON value. Throws `entry_invalid`. */
export function parseRoots(members: Members): Roots {
  members.only(['keys', 'threshold'])
  const keys = members.texts('keys')
  const threshold = members.count('threshold', 1)
  if (threshold > keys.length) throw invalid(`its threshold is ${threshold} of ${keys.length} keys`)
  return { keys, threshold }
}

function invalid(reason: string): SteleError {
  return new SteleError('entry_invalid', { what: 'body', reason })
}
