// A log in memory: a script of three methods, a clock that the test turns, faults on demand.
import { randomBytes } from 'node:crypto'
import {
  type GenesisBody,
  rootPayload,
  rootsAccount,
  type TakedownBody,
} from '@stele/entries/bodies'
import type { Executor, Outcome, StateReader, Write } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { compareUtf8 } from '@stele/formats/names'
import { createCosigner, createEd25519Signer } from '@stele/tlog/keys'
import type { NoteSigner, NoteVerifier } from '@stele/tlog/notes'
import type { LogEvent, LogPorts } from '../src/ports.ts'
import { Sequencer } from '../src/sequencer.ts'
import { createMemoryStore, type Kept, type MemoryStore } from './memory-store.ts'

export const origin: string = 'example.com/log'
const signer = createEd25519Signer(origin, new Uint8Array(32).fill(7))
const clock = createCosigner(`${origin}/clock`, new Uint8Array(32).fill(12))
export const rootSigner: NoteSigner = createEd25519Signer(
  'example.com/root',
  new Uint8Array(32).fill(10),
)
export const verifiers: readonly NoteVerifier[] = [signer.verifier, clock.verifier]

export type World = {
  readonly store: MemoryStore
  readonly ports: LogPorts
  readonly events: LogEvent[]
  readonly executors: string[]
  nowMs: number
}

export function createWorld(kept?: Kept, createExecutor: () => Executor = () => executor): World {
  const world: World = {
    store: createMemoryStore(kept),
    events: [],
    executors: [],
    nowMs: 1_795_000_000_000,
    ports: {
      get store() {
        return world.store
      },
      createExecutor: ({ script }) => {
        world.executors.push(script)
        return createExecutor()
      },
      signers: [signer],
      clock,
      nowMs: () => world.nowMs,
      random: (sizeBytes) => randomBytes(sizeBytes),
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      report: (event) => void world.events.push(event),
    },
  }
  return world
}

export const genesis: GenesisBody = {
  v: 1,
  origin,
  script: 'a'.repeat(128),
  engine: 'b'.repeat(128),
  limits: { gas: 1 },
  keys: [signer.vkey],
  roots: { keys: [rootSigner.vkey], threshold: 1 },
  operator: 'op',
}

/** A created log with nothing but entry 0. */
export async function createdLog(): Promise<{ world: World; log: Sequencer }> {
  const world = createWorld()
  return { world, log: await Sequencer.create(world.ports, genesis, {}) }
}

export function call(method: string, ...args: string[]): Parameters<Sequencer['submit']>[0] {
  return { account: 'alice', via: 'token', method, args, prepared: args[0] }
}

/** A takedown, signed by the root. */
export function takedownOf(
  origin: string,
  seq: number,
  withhold: TakedownBody['withhold'],
): TakedownBody {
  const sender = { v: 1, origin, account: rootsAccount, seq, via: { type: 'host' } } as const
  const unsigned: TakedownBody = { ...sender, withhold, reason: 'asked for', signatures: [] }
  const signature = Buffer.from(rootSigner.sign(rootPayload(unsigned))).toString('base64')
  return { ...unsigned, signatures: [{ key: rootSigner.vkey, signature }] }
}

/** Methods: set(field, text), setTwo(field, text), append(field, text), fail(), abort(). */
const executor: Executor = {
  init: () => ({ ok: true, changes: 0, writes: [] }),
  call: ({ method, args }, state) => {
    const [field = '', text = ''] = JSON.parse(args)
    switch (method) {
      case 'set':
        return wrote(field, text)
      case 'setTwo': {
        const texts = [text, `${text} too`]
        const writes = texts.map((one, i) => ({
          object: '/',
          field: `${field}${i}`,
          value: Buffer.from(one),
        }))
        return { ok: true, changes: 2, writes }
      }
      case 'append':
        return wrote(field, read(state, field) + text)
      case 'fail':
        return { ok: false, error: { name: 'Error', message: 'no' } }
      case 'flood': // Effects that no reader takes.
        return { ok: true, changes: 1, writes: floodOf(5000) }
      case 'nest': // A result that has no place left in effects.
        return { ok: true, changes: 0, result: nested(128), writes: [] }
      case 'outlaw': // A key that no trie takes: what a host with a bug would let through.
        return wrote('x'.repeat(2000), text)
      default:
        throw new SteleError('call_aborted', { method, reason: 'it took too long' })
    }
  },
}

function floodOf(count: number): Write[] {
  const fields = Array.from({ length: count }, (_, i) => `${'f'.repeat(900)}${i}`).toSorted(
    compareUtf8,
  )
  return fields.map((field) => ({ object: '/', field, value: null }))
}

function nested(levels: number): JsonValue {
  let value: JsonValue = 1
  for (let i = 0; i < levels; i++) value = [value]
  return value
}

function read(state: StateReader, field: string): string {
  return Buffer.from(state.get('/', field) ?? []).toString()
}

function wrote(field: string, text: string): Outcome {
  const value = Buffer.from(text)
  return { ok: true, changes: 1, result: text.length, writes: [{ object: '/', field, value }] }
}
