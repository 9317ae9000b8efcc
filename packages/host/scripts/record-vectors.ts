// Writes spec/host-v1.json: `node packages/host/scripts/record-vectors.ts`. What is recorded already is kept: an answer that
// differs from it ends the script, for it would fail the logs that exist. `--anew` records all of it again, which is right
// only while no release has the engine.
import { createPrivateKey, hash, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { type Body, type CallBody, callPayload, type GenesisBody } from '@stele/entries/bodies'
import { entryKinds } from '@stele/entries/leaf'
import type { JsonValue } from '@stele/formats/json'
import { engineBlobs, engines, type LoadedEngine, loadEngine } from '../src/index.ts'
import { groups } from '../vectors/cases.ts'
import {
  type Ask,
  executorOf,
  origin,
  type Recorded,
  runEntry,
  startMs,
  stateOf,
  type VectorGroup,
} from '../vectors/run.ts'

const url = new URL('../../../spec/host-v1.json', import.meta.url)
const about =
  'Host version 1: scripts, the state before, and calls, with the exact effects that every release gives them, for the engines that are named. A call is made (its oracles answered by their functions) and replayed (from its body): both give the effects. Blobs are given by their text; salts are one byte, 32 times; effects over 2,000 characters by the SHA-512 of their UTF-8.'

const seedOfUser = Buffer.alloc(32, 0x0b)
const ownEngines = { fresh: engines.fresh.blob, kept: engines.kept.blob }
const loadedEngines = { fresh: load('fresh'), kept: load('kept') }

const recorded = groups.map((group) => ({ ...group, steps: record(group) }))
const text = `${JSON.stringify({ about, engines: ownEngines, groups: recorded }, null, 1)}\n`
if (!process.argv.includes('--anew')) refuseChanges()
writeFileSync(url, text)

function refuseChanges(): void {
  const before: { engines: { [memory: string]: string }; groups: typeof recorded } = JSON.parse(
    readFileSync(url, 'utf8'),
  )
  for (const group of before.groups) {
    const now = recorded.find(({ name }) => name === group.name)
    group.steps.forEach((step, index) => {
      const found = now?.steps[index]
      if (sameAnswer({ step: found, engines: ownEngines }, { step, engines: before.engines }))
        return
      throw new Error(
        `"${group.name}", step ${index} was ${JSON.stringify(step)}, and is ${JSON.stringify(found)} now`,
      )
    })
  }
}

type Answered = { readonly step: unknown; readonly engines: { readonly [memory: string]: string } }

/** Another engine has another name, in a genesis entry and in the row of it, and another memory: it must answer the same. */
function sameAnswer(now: Answered, before: Answered): boolean {
  const isSameEngine = JSON.stringify(now.engines) === JSON.stringify(before.engines)
  const [found, wanted] = [now, before].map(({ step, engines: byMemory }) => {
    const told = isSameEngine ? step : { ...Object(step), memory: undefined }
    return Object.entries(byMemory).reduce((text, [memory, blob]) => {
      const name = hash('sha512', blob)
      const row = hash('sha256', JSON.stringify(name))
      return text.replaceAll(name, `<${memory}>`).replaceAll(row, `<row of ${memory}>`)
    }, JSON.stringify(told))
  })
  return found === wanted
}

function record(group: VectorGroup): readonly Recorded[] {
  const executor = executorOf(group, loadedEngines[group.memory])
  const state = stateOf(group)
  const bodies = [
    ...(group.genesis === true ? [genesisOf(group)] : []),
    ...group.steps.map((ask, index) => bodyOf(ask, index + 1)),
  ]
  return bodies.map((body, index) => {
    const isReplay = 'oracles' in body.body
    const at = { executor, state: group.fixed === true ? stateOf(group) : state, isReplay }
    const { recorded, writes } = runEntry({ body, salt: index, timeMs: startMs + index }, at)
    state.apply(writes)
    return recorded
  })
}

function genesisOf({ script, memory, limits = {} }: VectorGroup): Body {
  const body: GenesisBody = {
    v: 1,
    origin,
    script: hash('sha512', script),
    engine: engines[memory].name,
    limits,
    keys: [],
    roots: { keys: ['example.com/root'], threshold: 1 },
    operator: 'op',
  }
  return { kind: entryKinds.genesis, body }
}

function bodyOf(ask: Ask, seq: number): Body {
  const { method, account = 'alice', via = { type: 'token' } as const, oracles } = ask
  const args = ask.args.map(blobName)
  const body: CallBody = {
    v: 1,
    origin,
    account,
    seq,
    via,
    method,
    args,
    ...(oracles === undefined ? {} : { oracles }),
  }
  return { kind: entryKinds.call, body: via.type === 'key' ? signed(body, via) : body }
}

function signed(body: CallBody, via: Extract<CallBody['via'], { type: 'key' }>): CallBody {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seedOfUser])
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  return {
    ...body,
    via: { ...via, signature: sign(null, callPayload(body), key).toString('base64') },
  }
}

function blobName(arg: JsonValue): JsonValue {
  const blob = typeof arg === 'object' && arg !== null ? Reflect.get(arg, 'blob') : undefined
  return typeof blob === 'string' ? hash('sha512', blob) : arg
}

function load(memory: 'fresh' | 'kept'): LoadedEngine {
  const blobs = engineBlobs(engines[memory])
  const read = (name: string): Uint8Array | undefined =>
    blobs.find((bytes) => hash('sha512', bytes) === name)
  return loadEngine(Buffer.from(engines[memory].blob), read)
}
