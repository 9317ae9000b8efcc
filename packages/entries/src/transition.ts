// The transition that an entry makes: from a body and the state before it to effects and writes.
// The sequencer records with it, an auditor replays with it: what they do is the same code.

import { SteleError } from '@stele/errors'
import { canonicalJson, type JsonValue, parseCanonicalJson } from '@stele/formats/json'
import {
  type Body,
  type CallBody,
  type ConfigBody,
  type GenesisBody,
  type MemoryBody,
  parseLimits,
  parseRoots,
  type Roots,
  type TakedownBody,
} from './body.ts'
import { compareWrites, type Effects, effectWrite } from './effects.ts'
import type {
  Executor,
  OracleAnswer,
  Outcome,
  ScriptCall,
  StateReader,
  Write,
} from './execution.ts'
import { entryKinds } from './leaf.ts'
import { maxNotAfterMs } from './limits.ts'
import { membersOf } from './members.ts'
import { keyIdOf, keyOfAccount, verifyCallSignature, verifyRootSignatures } from './signing.ts'
import type { Via } from './via.ts'

/** The host's own object: what verifies this very log. Scripts cannot reach it. */
export const logObject = 'stele/log'
/** The host's own object for an account's signing keys. */
export function keysObject(account: string): string {
  return `stele/keys/${account}`
}

/** What a transition needs besides the body. `seed` is seedOf() the body. */
export type TransitionPorts = {
  readonly state: StateReader
  readonly executor: Executor
  readonly timeMs: number
  readonly seed: Uint8Array
  /** Present where a call is made, so that its oracles are asked; absent in a replay, which takes the recorded answers. */
  readonly making?: Pick<ScriptCall, 'blobs' | 'outside'>
}

/**
 * What an entry did: its effects, and the writes with their values, in the effects' order. `oracles` are the answers that
 * a call was given: its body records them.
 */
export type Transition = {
  readonly effects: Effects
  readonly writes: readonly Write[]
  readonly oracles?: readonly OracleAnswer[]
}

/**
 * Applies a body to the state. A call that fails inside the script is an outcome; a body that must not be in a
 * log at all throws `call_unauthorized`, `entry_invalid`, or `call_aborted`.
 */
export function applyBody({ kind, body }: Body, ports: TransitionPorts): Transition {
  switch (kind) {
    case entryKinds.genesis:
      return applyGenesis(body, ports)
    case entryKinds.call:
      return applyCall(body, ports)
    case entryKinds.config:
      return applyConfig(body, ports.state)
    case entryKinds.memory:
      return applyMemory(body, ports.executor)
    case entryKinds.takedown:
      return applyTakedown(body, ports.state)
  }
}

/** The root keys in force. Throws `entry_invalid` where the state has none. */
export function rootsIn(state: StateReader): Roots {
  return parseRoots(membersOf('roots', readLogRow(state, 'roots')))
}

/** A row of the host's own object as JSON, or undefined. */
export function readLogRow(state: StateReader, name: string): JsonValue | undefined {
  const bytes = state.get(logObject, name)
  return bytes === undefined
    ? undefined
    : parseCanonicalJson(Buffer.from(bytes).toString(), `${logObject} ${name}`)
}

function applyGenesis(body: GenesisBody, ports: TransitionPorts): Transition {
  const outcome = ports.executor.init(initCall(body, ports), ports.state)
  if (!outcome.ok) {
    const reason = `its init failed with ${outcome.error.name}: ${outcome.error.message}`
    throw new SteleError('script_invalid', { reason })
  }
  const { script, engine, limits, keys, roots } = body
  return transition(outcome, rowsOf({ script, engine, limits, keys, roots }))
}

function applyCall(body: CallBody, ports: TransitionPorts): Transition {
  const rows = body.via.type === 'key' ? [acceptKey(body, body.via, ports)] : []
  const outcome = ports.executor.call(scriptCall(body, ports), ports.state)
  const { oracles } = outcome
  return { ...transition(outcome, rows), ...(oracles === undefined ? {} : { oracles }) }
}

function applyConfig(body: ConfigBody, state: StateReader): Transition {
  verifyRootSignatures(body, rootsIn(state))
  checkSettings(body.set)
  return transition({ ok: true, changes: 0, writes: [] }, changedRows(rowsOf(body.set), state))
}

/** Compares the memory's digest, where the script keeps one and runs here. */
function applyMemory({ sha256 }: MemoryBody, { memory }: Executor): Transition {
  const found = memory?.digest() ?? sha256
  if (found !== sha256) {
    const reason = `its memory digest is ${sha256}, the memory's is ${found}`
    throw new SteleError('entry_invalid', { what: 'body', reason })
  }
  return transition({ ok: true, changes: 0, writes: [] }, [])
}

function applyTakedown(body: TakedownBody, state: StateReader): Transition {
  verifyRootSignatures(body, rootsIn(state))
  return transition({ ok: true, changes: 0, writes: [] }, [])
}

/** Checks a call that its caller signed, and gives the row that records its `seq`, also when the call fails. */
function acceptKey(
  body: CallBody,
  via: Extract<Via, { type: 'key' }>,
  { state, timeMs }: TransitionPorts,
): Write {
  const { account, seq } = body
  if (account === null) throw unauthorized(account, 'a signed call needs an account')
  const object = keysObject(account)
  const row = state.get(object, via.key)
  const rawKey = row === undefined ? keyOfAccount(account) : boundKey(row).key
  if (rawKey === undefined || keyIdOf(rawKey) !== via.key) {
    throw unauthorized(account, `the key ${via.key} is not bound to it`)
  }
  const last = row === undefined ? 0 : boundKey(row).seq
  if (seq <= last) throw unauthorized(account, `its seq is ${seq}, the key's last was ${last}`)
  const aheadMs = via.notAfter - timeMs
  if (aheadMs < 0) {
    throw unauthorized(
      account,
      `its notAfter lies ${secondsOf(-aheadMs)} s back, by the service's clock`,
    )
  }
  if (aheadMs > maxNotAfterMs) {
    const most = secondsOf(maxNotAfterMs)
    const found = `its notAfter is ${secondsOf(aheadMs)} s ahead of the service's clock`
    throw unauthorized(account, `${found}, at most ${most} s are taken`)
  }
  verifyCallSignature(body, rawKey)
  const value = canonicalJson({ key: Buffer.from(rawKey).toString('base64'), seq })
  return { object, field: via.key, value: Buffer.from(value) }
}

function secondsOf(ms: number): number {
  return Math.ceil(ms / 1000)
}

/** The last number that this account's own key has signed, 0 where it has signed nothing; undefined for an account that is no key. */
export function lastSignedSeq(
  state: Pick<StateReader, 'get'>,
  account: string,
): number | undefined {
  const rawKey = keyOfAccount(account)
  if (rawKey === undefined) return undefined
  const row = state.get(keysObject(account), keyIdOf(rawKey))
  return row === undefined ? 0 : boundKey(row).seq
}

function boundKey(row: Uint8Array): { readonly key: Uint8Array; readonly seq: number } {
  const members = membersOf('key row', parseCanonicalJson(Buffer.from(row).toString(), 'key row'))
  return { key: Buffer.from(members.text('key'), 'base64'), seq: members.count('seq', 0) }
}

const blobName = /^[0-9a-f]{128}$/

function checkSettings(set: { readonly [name: string]: JsonValue }): void {
  const members = membersOf('set', set)
  if (members.has('roots')) parseRoots(members.object('roots'))
  if (members.has('limits')) parseLimits(members.object('limits'))
  if (members.has('keys')) members.texts('keys')
  if (members.has('script')) members.text('script', blobName)
  if (members.has('engine')) members.text('engine', blobName)
  if (members.has('policy')) members.text('policy')
  if (members.has('upstreams')) members.object('upstreams')
}

function rowsOf(settings: { readonly [name: string]: JsonValue }): readonly Write[] {
  return Object.entries(settings).map(([field, value]) => ({
    object: logObject,
    field,
    value: Buffer.from(canonicalJson(value)),
  }))
}

function changedRows(rows: readonly Write[], state: StateReader): readonly Write[] {
  return rows.filter(({ object, field, value }) => {
    const before = state.get(object, field)
    return before === undefined || value === null || Buffer.compare(before, value) !== 0
  })
}

/** `init` is the operator's, and has no oracles: a genesis entry records none. */
function initCall({ operator }: GenesisBody, { timeMs, seed }: TransitionPorts): ScriptCall {
  const sender = { account: operator, via: 'host', oracles: [] } as const
  return { method: 'init', args: '[]', ...sender, timeMs, seed }
}

function scriptCall(body: CallBody, { timeMs, seed, making }: TransitionPorts): ScriptCall {
  const { method, account, oracles = [] } = body
  const call = { method, args: canonicalJson(body.args), account, via: body.via.type, timeMs, seed }
  return making === undefined ? { ...call, oracles } : { ...call, ...making }
}

function transition(outcome: Outcome, rows: readonly Write[]): Transition {
  const writes = [...(outcome.ok ? outcome.writes : []), ...rows].toSorted(compareWrites)
  const effectWrites = writes.map(effectWrite)
  if (!outcome.ok) {
    return {
      effects: { ok: false, error: outcome.error, changes: 0, writes: effectWrites },
      writes,
    }
  }
  const { result, changes } = outcome
  const effects: Effects = {
    ok: true,
    ...(result === undefined ? {} : { result }),
    changes,
    writes: effectWrites,
  }
  return { effects, writes }
}

function unauthorized(account: string | null, reason: string): SteleError {
  return new SteleError('call_unauthorized', { account, reason })
}
