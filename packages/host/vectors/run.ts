// Runs the vectors of host version 1: each group's calls in order, made as a log makes them, and replayed as an auditor does.
import { createHash, hash } from 'node:crypto'
import { type Body, type CallBody, formatBody } from '@stele/entries/bodies'
import type { Executor, StateReader, Write } from '@stele/entries/calls'
import { entryKinds, hashBody, seedOf } from '@stele/entries/leaf'
import { formatEffects } from '@stele/entries/parts'
import { applyBody } from '@stele/entries/transition'
import { isSteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { compareUtf8 } from '@stele/formats/names'
import type { LoadedEngine, MemoryMode } from '../src/index.ts'

/** A call, as far as it is not as always. `{"blob": text}` in `args` stands for the name of that blob. */
export type Ask = {
  readonly method: string
  readonly args: readonly JsonValue[]
  readonly account?: string | null
  readonly via?: CallBody['via']
  readonly oracles?: CallBody['oracles']
}
/** A value of the state: text, or any bytes. */
type Stored = string | { readonly base64: string }

/** Questions that share a script. */
export type VectorGroup = {
  readonly name: string
  readonly memory: MemoryMode
  readonly limits?: { readonly [name: string]: number }
  readonly script: string
  /** Objects with their fields. */
  readonly state?: { readonly [object: string]: { readonly [field: string]: Stored } }
  readonly blobs?: readonly string[]
  /** Every call finds the state as it was; else what the calls before it left. */
  readonly fixed?: boolean
  /** The first entry is a genesis entry, which runs `init`. */
  readonly genesis?: boolean
  readonly steps: readonly Ask[]
}

/** What became of one entry. Long effects stand by their SHA-512. */
export type Recorded = {
  readonly kind: number
  /** Canonical JSON, with the answers of oracles. */
  readonly body: string
  /** The salt's one byte, 32 times; the time in milliseconds. */
  readonly salt: number
  readonly timeMs: number
  /** The effects, or the error's code where the entry must not be in a log. */
  readonly effects?: string
  readonly effectsSha512?: string
  readonly refused?: string
  /** The memory's digest after it, where a memory is kept. */
  readonly memory?: string
}

/** Effects longer than this stand by their hash. */
const maxShownEffects = 2000
export const startMs = 1_795_000_000_000
export const origin = 'example.com/vectors'

/** The state of a group: what its calls find. */
export type VectorState = StateReader & { readonly apply: (writes: readonly Write[]) => void }

export function stateOf({ state = {} }: VectorGroup): VectorState {
  const objects = new Map(
    Object.entries(state).map(([object, fields]) => {
      const rows = Object.entries(fields).map(([field, value]) => [field, bytesOf(value)] as const)
      return [object, new Map(rows)]
    }),
  )
  return {
    get: (object, field) => objects.get(object)?.get(field),
    list: (object) => [...(objects.get(object)?.keys() ?? [])].sort(compareUtf8),
    apply(writes) {
      for (const { object, field, value } of writes) {
        const fields = objects.get(object) ?? new Map<string, Uint8Array>()
        objects.set(object, fields)
        if (value === null) fields.delete(field)
        else fields.set(field, value)
      }
    },
  }
}

/** What runs a group's calls. */
export function executorOf(group: VectorGroup, engine: LoadedEngine): Executor {
  const blobs = new Map(
    (group.blobs ?? []).map((text) => [hash('sha512', text), Buffer.from(text)]),
  )
  const settings = { script: group.script, limits: group.limits ?? {} }
  return engine.createExecutor(settings, { print: () => {}, blobs: (name) => blobs.get(name) })
}

/** One entry, made anew or, where `isReplay`, run from its record. Gives its writes too. */
export function runEntry(
  { body, salt, timeMs }: { readonly body: Body; readonly salt: number; readonly timeMs: number },
  at: { readonly executor: Executor; readonly state: StateReader; readonly isReplay: boolean },
): { readonly recorded: Recorded; readonly writes: readonly Write[] } {
  const salts = new Uint8Array(32).fill(salt)
  const seed = seedOf(body, salts, hashBody(salts, Buffer.from(formatBody(body.body))))
  const { executor, state, isReplay } = at
  const entry = { kind: body.kind, body: formatBody(body.body), salt, timeMs }
  const memory = (): Pick<Recorded, 'memory'> =>
    executor.memory === undefined ? {} : { memory: executor.memory.digest() }
  try {
    const ports = { state, executor, timeMs, seed, ...(isReplay ? {} : { making: {} }) }
    const { effects, writes, oracles } = applyBody(body, ports)
    const text = formatEffects(effects)
    const shown =
      text.length <= maxShownEffects
        ? { effects: text }
        : { effectsSha512: createHash('sha512').update(text).digest('hex') }
    const withAnswers = oracles === undefined ? body.body : { ...body.body, oracles }
    const recordedBody = formatBody(withAnswers as CallBody)
    return { recorded: { ...entry, body: recordedBody, ...shown, ...memory() }, writes }
  } catch (error) {
    if (!isSteleError(error)) throw error
    return { recorded: { ...entry, refused: error.code, ...memory() }, writes: [] }
  }
}

/** The body without the answers of its oracles: as it was before the call ran. */
export function unanswered(body: Body): Body {
  if (body.kind !== entryKinds.call) return body
  const { oracles: _oracles, ...rest } = body.body
  return { kind: body.kind, body: rest }
}

function bytesOf(value: Stored): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.base64, 'base64')
}
