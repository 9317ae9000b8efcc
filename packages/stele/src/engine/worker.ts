// The engine's thread: the one writer of a log, with its script, trie and views. It talks in messages only.
import { createHmac, hash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import type { MessagePort } from 'node:worker_threads'
import {
  type Executor,
  type GenesisBody,
  parseValues,
  readLogRow,
  rootPayload,
  rootsAccount,
  type ScriptSettings,
  type TakedownBody,
  type WithheldPart,
} from '@stele/entries'
import { SteleError } from '@stele/errors'
import { defaultLimits, engineBlobs, engines, loadEngine, refuseRetired } from '@stele/host'
import { createPublisher, type LogPorts, Sequencer } from '@stele/log'
import { rulesScript } from '@stele/registry'
import { clockName } from '@stele/state'
import {
  createPublicFolder,
  createSnapshotFile,
  createWatermark,
  keepLargeBlobs,
  readPublished,
} from '@stele/storage'
import { createCosigner, createEd25519Signer } from '@stele/tlog'
import { openRegistryHome } from '../server/registry-home.ts'
import {
  type EngineAnswers,
  type EngineAsk,
  type EngineData,
  type EngineEvent,
  type EngineNews,
  errorToText,
} from './messages.ts'
import { type ProofPorts, proveValues } from './proving.ts'
import { startPublishing } from './publishing.ts'

const beatEveryMs = 5 * 60 * 1000
/** Between two turns of comparing the rows of the state with the trie: it takes a tenth of the thread. */
const restMs = 5

/** Runs the engine until it is asked to close. Throws when the log cannot even be read. */
export async function runEngine(port: MessagePort, data: EngineData): Promise<void> {
  const say = (news: EngineNews): void => port.postMessage(news)
  const tell = (event: EngineEvent): void => say({ say: 'event', event })
  const home = openHome(data, tell)
  await catchUp(home, tell)
  const sequencer = await openSequencer(home, data)
  const publishing = startPublishing(publisherOf(home, data), sequencer, tell)
  const beat = (): void => {
    sequencer.beat().then(publishing.wake, () => undefined) // A failed commit was told of already.
  }
  const beating = setInterval(beat, beatEveryMs)
  say({ say: 'ready', readOnly: sequencer.readOnly })
  beat() // It may have stood still for long.
  publishing.wake()
  let isOpen = true
  void sequencer.compareRows(async () => {
    await pause(restMs)
    return isOpen
  })
  port.on('message', ({ id, ask }: { readonly id: number; readonly ask: EngineAsk }) => {
    answer(ask, { sequencer, home, data }).then(
      (value) => {
        say({ say: 'answer', id, value })
        publishing.wake()
        if (ask.do === 'close') finish()
      },
      (error: unknown) => say({ say: 'refusal', id, error: errorToText(error) }),
    )
  })
  const finish = (): void => {
    clearInterval(beating)
    isOpen = false
    void publishing.stop().finally(() => {
      home.db.close()
      port.close()
    })
  }
}

type Home = ReturnType<typeof openHome>
type Engine = {
  readonly sequencer: Sequencer
  readonly home: Home
  readonly data: EngineData
}

function openHome(data: EngineData, tell: (event: EngineEvent) => void) {
  const { db, store, replica } = openRegistryHome(data.paths)
  const own = new Map<string, Uint8Array>() // This release's script and engine, until genesis holds them.
  const readBlob = (name: string): Uint8Array | undefined => own.get(name) ?? store.blobs.read(name)
  const signer = createEd25519Signer(data.origin, data.seeds.log)
  const ports: LogPorts = {
    store,
    snapshots: createSnapshotFile(data.paths.snapshot, sealKeyOf(data.seeds.log)),
    createExecutor: (settings) => openExecutor(settings, { readBlob, data, tell }),
    readStoredBlob: store.blobs.readStored,
    published: () => readPublished(data.paths.public),
    signers: [signer],
    clock: createCosigner(clockName(data.origin), data.seeds.clock),
    nowMs: Date.now,
    random: (sizeBytes) => randomBytes(sizeBytes),
    breathe: () => nextTurn(),
    report: tell,
  }
  return { db, store, replica, own, ports, watermark: createWatermark(db) }
}

/** The key of what only this server may have written: derived, so that it is no more than another use of the log's. */
function sealKeyOf(seed: Uint8Array): Uint8Array {
  return createHmac('sha256', seed).update('stele trie snapshot').digest()
}

/** Makes again what is derived from the log, where it is not where the log is. */
async function catchUp({ replica }: Home, tell: (event: EngineEvent) => void): Promise<void> {
  for (const lagging of replica.lagging()) tell({ event: 'projection_behind', ...lagging })
  for (const _ of replica.catchUp()) await nextTurn()
}

async function openSequencer(home: Home, data: EngineData): Promise<Sequencer> {
  if (home.store.head() !== undefined) return Sequencer.open(home.ports)
  const script = keep(home.own, Buffer.from(rulesScript()))
  for (const bytes of engineBlobs(engines.fresh)) keep(home.own, bytes)
  if (data.seeds.root === undefined) throw new Error('A new log has its root key')
  const root = createEd25519Signer(`${data.origin}/root`, data.seeds.root)
  const body: GenesisBody = {
    v: 1,
    origin: data.origin,
    script,
    engine: engines.fresh.name,
    limits: defaultLimits,
    keys: home.ports.signers.map((signer) => signer.vkey),
    roots: { keys: [root.vkey], threshold: 1 },
    operator: data.operator,
  }
  const own = Array.from(home.own, ([name, bytes]) => ({ name, bytes }))
  const blobs = await keepLargeBlobs(data.paths.blobs, own)
  return Sequencer.create(home.ports, body, { blobs })
}

function keep(blobs: Map<string, Uint8Array>, bytes: Uint8Array): string {
  const name = hash('sha512', bytes)
  blobs.set(name, bytes)
  return name
}

type ExecutorPorts = {
  readonly readBlob: (name: string) => Uint8Array | undefined
  readonly data: EngineData
  readonly tell: (event: EngineEvent) => void
}

function openExecutor(settings: ScriptSettings, { readBlob, data, tell }: ExecutorPorts): Executor {
  const script = readBlob(settings.script)
  if (script === undefined)
    throw new SteleError('script_invalid', { reason: 'its blob is missing' })
  // Other rules than the log names would write entries that no replay can repeat.
  if (hash('sha512', script) !== settings.script)
    throw new SteleError('script_invalid', { reason: 'its blob does not hash to its name' })
  refuseRetired(settings.engine)
  const engine = readBlob(settings.engine)
  if (engine === undefined || hash('sha512', engine) !== settings.engine) {
    const reason = 'its blob is missing, or does not hash to its name'
    throw new SteleError('engine_invalid', { engine: settings.engine, reason })
  }
  const executor = loadEngine(engine, readBlob).createExecutor(
    { script: Buffer.from(script).toString(), limits: settings.limits },
    { print: (line) => tell({ event: 'script_print', line }), blobs: readBlob },
  )
  const pulse = new BigInt64Array(data.pulse)
  const timed = <T>(work: () => T): T => {
    Atomics.store(pulse, 0, BigInt(Date.now()))
    try {
      return work()
    } finally {
      Atomics.store(pulse, 0, 0n)
    }
  }
  return {
    ...executor,
    init: (call, state) => timed(() => executor.init(call, state)),
    call: (call, state) => timed(() => executor.call(call, state)),
  }
}

async function answer(ask: EngineAsk, engine: Engine): Promise<EngineAnswers[EngineAsk['do']]> {
  switch (ask.do) {
    case 'submit':
      return engine.sequencer.submit(ask.request)
    case 'prove':
      return proveValues(proofPorts(engine), ask.queries)
    case 'take_down':
      return takeDown(engine, ask)
    case 'close':
      await engine.sequencer.close()
      return null
  }
}

function proofPorts({ sequencer, home }: Engine): ProofPorts {
  return {
    prove: (queries) => sequencer.prove(queries),
    head: () => sequencer.head,
    row: home.store.row,
    breathe: home.ports.breathe,
  }
}

async function takeDown(
  { sequencer, data, home }: Engine,
  { withhold: asked, reason }: Extract<EngineAsk, { do: 'take_down' }>,
): Promise<EngineAnswers['take_down']> {
  const withhold = [...asked, ...longValues(asked, home)]
  for (const part of withhold) refuseAbsent(part, home, sequencer.head.size)
  if (data.seeds.root === undefined) {
    const path = join(data.paths.keys, 'root.key')
    throw new SteleError('data_invalid', {
      path,
      reason: 'the key that signs takedowns is missing',
    })
  }
  const root = createEd25519Signer(`${data.origin}/root`, data.seeds.root)
  const { index } = await sequencer.submitSigned((seq) => {
    const sender = {
      v: 1,
      origin: data.origin,
      account: rootsAccount,
      seq,
      via: { type: 'host' },
    } as const
    const unsigned: TakedownBody = { ...sender, withhold, reason, signatures: [] }
    const signature = Buffer.from(root.sign(rootPayload(unsigned))).toString('base64')
    return { ...unsigned, signatures: [{ key: root.vkey, signature }] }
  })
  return { index }
}

/** The blobs that hold what is too long to stand in the value records that are named. */
function longValues(asked: readonly WithheldPart[], { store }: Home): readonly WithheldPart[] {
  const isAsked = (blob: string): boolean =>
    asked.some((part) => 'blob' in part && part.blob === blob)
  const found = asked.flatMap((part) => {
    if ('blob' in part || part.part !== 'values') return []
    const [entry] = store.entries(part.entry, 1)
    const values = entry?.values ?? null
    return values === null ? [] : parseValues(values)
  })
  const names = new Set(found.flatMap((value) => ('blob' in value ? [value.blob] : [])))
  return [...names].filter((blob) => !isAsked(blob)).map((blob) => ({ blob }))
}

/** A takedown is public for ever: it must name what is there. */
function refuseAbsent(part: WithheldPart, { store }: Home, size: number): void {
  const refuse = (what: string, reason: string): SteleError =>
    new SteleError('takedown_refused', { what, reason })
  if ('blob' in part) {
    const isRun = ['script', 'engine'].some((name) => readLogRow(store, name) === part.blob)
    if (isRun) throw refuse(`the blob ${part.blob}`, 'the log runs it')
    if (store.blobs.find(part.blob) === undefined) {
      throw refuse(`the blob ${part.blob}`, 'this registry holds none of that name')
    }
    return
  }
  const what = `the ${part.part} of entry ${part.entry}`
  if (part.entry === 0) throw refuse(what, 'without the first entry nothing can be verified')
  if (part.entry >= size) throw refuse(what, `the log has the entries 0 to ${size - 1}`)
  const [entry] = store.entries(part.entry, 1)
  if (entry?.[part.part] === null) throw refuse(what, 'it was taken down before')
  if (part.part === 'values' && entry?.effects === null) {
    throw refuse(what, 'its effects were taken down before, which name the rows that hold them')
  }
}

function publisherOf({ store, ports, watermark }: Home, data: EngineData) {
  if (!data.publicFolder) return undefined
  return createPublisher({
    folder: createPublicFolder(data.paths.public),
    files: store,
    head: store.head,
    published: () => readPublished(data.paths.public),
    keys: [...ports.signers, ports.clock].map((signer) => `${signer.vkey}\n`).join(''),
    blobsAfter: store.blobs.after,
    readBlob: store.blobs.read,
    watermark: watermark.read,
    saveWatermark: watermark.save,
  })
}
