// The log's own settings: what is in force, and putting a change in force that root keys have signed.
import { hash } from 'node:crypto'
import {
  type ConfigBody,
  parseBody,
  type Roots,
  rootsAccount,
  verifyRootSignatures,
} from '@stele/entries/bodies'
import { type ScriptSettings, type StateReader, settingsInForce } from '@stele/entries/calls'
import { entriesPerStep, entryKinds, parseLeaf } from '@stele/entries/leaf'
import { readBodyPart } from '@stele/entries/parts'
import { logObject, readLogRow, rootsIn } from '@stele/entries/transition'
import { isSteleError, SteleError } from '@stele/errors'
import { canonicalJson, type JsonValue } from '@stele/formats/json'
import { engineBlobs, engines, parseEngine } from '@stele/host'
import type { LogStore, Sequencer } from '@stele/log'
import { createEd25519Signer } from '@stele/tlog/keys'
import { parseVkey } from '@stele/tlog/notes'
import type { NamedBlob } from './genesis.ts'
import type { ServicePorts } from './ports.ts'

/** What is in force in a log, and since which entry. */
export type RulesInForce = {
  readonly origin: string
  /** The number that the next config or takedown entry takes. */
  readonly nextSeq: number
  readonly settings: ScriptSettings & { readonly keys: readonly string[]; readonly roots: Roots }
  /** By setting: the entry that set it. */
  readonly since: { readonly [name: string]: number }
  /** What a new log of this release begins with. */
  readonly release: { readonly script: string; readonly engine: string }
}

/** A change that root keys have signed: a config body, and what it names as base64, by the hex SHA-512. */
export type RulesChange = {
  readonly body: string
  readonly blobs: { readonly [name: string]: string }
}

/** What this needs of an open service. `own` holds blobs that the log does not have yet. */
export type RulesPorts = ServicePorts & {
  readonly sequencer: Sequencer
  readonly own: Map<string, Uint8Array>
}

/** What is in force, and since when. */
export async function readRules({
  home: { store },
  sequencer,
  definition,
  breathe,
}: RulesPorts): Promise<RulesInForce> {
  const { script, engine, limits } = settingsInForce(store)
  return {
    origin: sequencer.origin,
    nextSeq: store.lastSequence(rootsAccount) + 1,
    settings: { script, engine, limits, keys: keysIn(store), roots: rootsIn(store) },
    since: await findSince(store, breathe),
    release: {
      script: hash('sha512', definition.script()),
      engine: engines[definition.memory].name,
    },
  }
}

/**
 * Logs a config body that root keys have signed. All that would leave the log unable to go on is refused before it is
 * logged. Throws `proposal_stale`, `proposal_refused`, `script_invalid`, `limits_invalid`, `engine_unknown`.
 */
export async function applyRules(
  rules: RulesPorts,
  { body: text, blobs: given }: RulesChange,
): Promise<{ readonly index: number }> {
  const parsed = parseBody(entryKinds.config, text)
  if (parsed.kind !== entryKinds.config) throw new Error('The body is not one of a config entry')
  const { body } = parsed
  const { sequencer, own } = rules
  const { store } = rules.home
  refuseStale(body, store.lastSequence(rootsAccount) + 1)
  if (body.origin !== sequencer.origin) {
    throw refused(`it is for the log "${body.origin}", this one is "${sequencer.origin}"`)
  }
  refuseUnsigned(body, store)
  refuseLockout(body.set, rules)
  const blobs = blobsOf(body, rules, given)
  for (const { name, bytes } of blobs) own.set(name, bytes)
  try {
    refuseDeadScript(body, rules)
    const kept = await rules.home.keepBlobs(blobs)
    const make = (seq: number): ConfigBody => {
      refuseStale(body, seq)
      return body
    }
    return { index: (await sequencer.submitSigned(make, { blobs: kept })).index }
  } finally {
    for (const { name } of blobs) own.delete(name)
  }
}

function refuseStale({ seq }: ConfigBody, next: number): void {
  if (seq !== next) throw new SteleError('proposal_stale', { seq, next })
}

function refuseUnsigned(body: ConfigBody, store: StateReader): void {
  try {
    verifyRootSignatures(body, rootsIn(store))
  } catch (error) {
    if (!isSteleError(error, 'call_unauthorized')) throw error
    throw refused(error.details.reason)
  }
}

/** Keys that leave nobody who can sign, or checkpoints that nobody can verify, could never be mended. */
function refuseLockout(set: ConfigBody['set'], { identity: { origin, seeds } }: RulesPorts): void {
  const { keys, roots } = set
  const named = [
    ...list(keys),
    ...list(roots === undefined ? undefined : Reflect.get(Object(roots), 'keys')),
  ]
  for (const vkey of named) parseVkey(vkey)
  const own = createEd25519Signer(origin, seeds.log).vkey
  if (keys === undefined || list(keys).includes(own)) return
  throw refused(`its keys lack ${own}, with which this server signs the log`)
}

/** What the log has to keep for the new settings: given with the proposal, or part of this release. */
function blobsOf(
  { set }: ConfigBody,
  { definition, home }: RulesPorts,
  given: { readonly [name: string]: string },
): readonly NamedBlob[] {
  const brought = new Map(
    [
      ...Object.values(given).map((text) => Buffer.from(text, 'base64')),
      Buffer.from(definition.script()),
      ...engineBlobs(engines[definition.memory]),
    ].map((bytes) => [hash('sha512', bytes), bytes] as const),
  )
  const found = (name: string, what: string): Uint8Array => {
    const bytes = brought.get(name) ?? home.store.blobs.read(name)
    if (bytes !== undefined) return bytes
    throw refused(`${what} ${name} is neither in the proposal, nor in the log, nor of this release`)
  }
  const { script, engine } = set
  const named: NamedBlob[] = []
  if (typeof script === 'string') named.push({ name: script, bytes: found(script, 'its script') })
  if (typeof engine === 'string') {
    const bytes = found(engine, 'its engine')
    named.push({ name: engine, bytes })
    for (const [part, name] of Object.entries(parseEngine(bytes).parts)) {
      named.push({ name, bytes: found(name, `the part "${part}" of its engine,`) })
    }
  }
  return named
}

/** What cannot be started would end the log's life as one that takes calls. */
function refuseDeadScript({ set }: ConfigBody, rules: RulesPorts): void {
  const { store } = rules.home
  const readBlob = (name: string): Uint8Array | undefined =>
    rules.own.get(name) ?? store.blobs.read(name)
  const wanted: StateReader = {
    list: store.list,
    get: (object, field) => {
      const value: JsonValue | undefined = object === logObject ? set[field] : undefined
      return value === undefined ? store.get(object, field) : Buffer.from(canonicalJson(value))
    },
  }
  rules.openScript(settingsInForce(wanted), { ...rules, readBlob })
}

function keysIn(store: StateReader): readonly string[] {
  return list(readLogRow(store, 'keys'))
}

function list(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

/** By setting: the newest entry that set it; 0 is the genesis entry. */
async function findSince(
  store: LogStore,
  breathe: () => Promise<void>,
): Promise<{ readonly [name: string]: number }> {
  const since: Record<string, number> = {}
  for (const name of ['script', 'engine', 'limits', 'keys', 'roots']) since[name] = 0
  const size = store.head()?.size ?? 0
  // Config and takedown entries have taken as many numbers: there is nothing more to look for than these.
  let left = store.lastSequence(rootsAccount)
  for (let end = size; end > 0 && left > 0; end -= entriesPerStep) {
    const start = Math.max(0, end - entriesPerStep)
    for (const [offset, { leaf, body }] of store
      .entries(start, end - start)
      .toReversed()
      .entries()) {
      const { kind } = parseLeaf(leaf)
      if (kind === entryKinds.config || kind === entryKinds.takedown) left--
      if (kind !== entryKinds.config || body === null) continue
      const read = readBodyPart(kind, body)
      const set = read.kind === entryKinds.config ? Object.keys(read.body.set) : []
      for (const name of set) since[name] ||= end - 1 - offset
    }
    await breathe()
  }
  return since
}

function refused(reason: string): SteleError {
  return new SteleError('proposal_refused', { reason })
}
