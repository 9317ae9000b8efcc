// One service of a server, as its main thread has it: found on the disk first, then run by the services' thread.
import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type CallAnswer, type CallRequest, settingsInForce } from '@stele/entries/calls'
import { entryKinds } from '@stele/entries/leaf'
import { readBodyPart } from '@stele/entries/parts'
import { SteleError } from '@stele/errors'
import type { LogReads } from '@stele/faces/log'
import { engines, refuseRetired } from '@stele/host/names'
import type { EdgeSettings } from '@stele/http'
import { keysText, type ServiceDefinition, type ServiceIdentity } from '@stele/service'
import type { AnswerOutside, ServiceClient, ServiceThread } from '@stele/service/thread'
import {
  type LogReader,
  openStorage,
  type Storage,
  type StorageSettings,
  type StoredReads,
} from '@stele/storage'
import { dataPaths, loadKey } from '@stele/storage/folder'
import { createEd25519Signer, parseCheckpoint } from '@stele/tlog/keys'
import { parseNote } from '@stele/tlog/notes'
import { sha256 } from '@stele/tlog/tree'
import type { ServiceData } from '../services/data.ts'
import type { ServerSettings } from '../settings/server.ts'
import { createLogReads } from './log-reads.ts'

/** The operator's account where no other is named. */
const defaultOperator = 'operator'

/** A service on the disk, not running yet. */
export type FoundService = {
  readonly kind: { readonly name: string; readonly definition: ServiceDefinition }
  readonly storage: StorageSettings
  readonly identity: ServiceIdentity
  readonly reads: StoredReads
  /** It has no log yet. */
  readonly isNew: boolean
}

/** What is asked of a service's identity: null is as its log says, or made up for a new one. */
export type Wanted = Pick<ServerSettings, 'origin' | 'operator'> & Pick<EdgeSettings, 'publicUrl'>

/** A service that runs, as the main thread has it. */
export type RunningService = Pick<FoundService, 'identity' | 'reads' | 'storage'> & {
  readonly client: ServiceClient
  /** As the client's, keeping large blobs only where the log takes the call. */
  readonly submit: (request: CallRequest) => Promise<CallAnswer>
  /** The module that threads run. */
  readonly main: URL
  readonly log: LogReads
  /** What of this release's rules the log runs otherwise: it goes on with its own. Asked once there is a log. */
  readonly ruleDifferences: () => readonly ('script' | 'engine')[]
}

/** Finds the service, making its keys where it has no log yet. Throws `data_invalid`, `setting_invalid`. */
export async function findService(
  kind: FoundService['kind'],
  storage: StorageSettings,
  { wanted, closing }: { readonly wanted: Wanted; readonly closing: AsyncDisposableStack },
): Promise<FoundService> {
  const { keys } = dataPaths(storage.dir)
  const stored = openStorage(storage)
  refuseLostLog(keys, stored)
  const reads = closing.adopt(stored.openReads(), (one) => one.close())
  const isNew = reads.log.head() === undefined
  if (!isNew) refuseRetired(settingsInForce(reads.log).engine)
  const seeds = await loadSeeds(keys, isNew)
  const identity = isNew
    ? { ...newIdentity(wanted, seeds.log), seeds }
    : { ...storedIdentity(wanted, reads.log), seeds }
  return { kind, storage, identity, reads, isNew }
}

/** Has the thread open it, and keep it open. */
export function runService(
  { kind, storage, identity, reads, isNew }: FoundService,
  {
    thread,
    main,
    name = kind.name,
    outside,
  }: {
    readonly thread: ServiceThread
    readonly main: URL
    readonly name?: string
    readonly outside?: AnswerOutside
  },
): RunningService {
  const script = isNew ? kind.definition.script() : undefined
  const data: ServiceData = { kind: kind.name, storage, identity, script }
  const inOrder = Promise.withResolvers<boolean>()
  const uploads = reads.uploads(inOrder.promise)
  const client = thread.open({ name, data, outside, keepBlobs: uploads.keep })
  // Without a public folder nothing tells an older database that it is one.
  const isInOrder = client.ready.then(
    ({ readOnly }) => storage.publicFolder && readOnly === undefined,
    () => false,
  )
  inOrder.resolve(isInOrder)
  return {
    identity,
    reads,
    storage,
    // A change of the rules keeps its blobs in the service's own thread.
    client: {
      ...client,
      applyRules: (change) => uploads.hold(() => client.applyRules(change)),
    },
    submit: (request) => uploads.submit(client.submit, request),
    main,
    log: createLogReads(reads.log, keysText(identity), client.noteServed),
    ruleDifferences: () => ruleDifferences(kind, reads.log),
  }
}

function ruleDifferences(
  { definition }: FoundService['kind'],
  log: LogReader,
): ReturnType<RunningService['ruleDifferences']> {
  const { script, engine } = settingsInForce(log)
  const own = {
    script: hash('sha512', definition.script()),
    engine: engines[definition.memory].name,
  }
  return (['script', 'engine'] as const).filter((name) => own[name] !== { script, engine }[name])
}

/** The keys of a log without the log: a second one of the same name would contradict what others saw of the first. */
function refuseLostLog(keys: string, { hasLog, logPlace }: Storage): void {
  if (!existsSync(join(keys, 'log.key')) || hasLog()) return
  const reason = 'it is missing, though the keys of its log are there; restore it from a backup'
  throw new SteleError('data_invalid', { path: logPlace, reason })
}

async function loadSeeds(keys: string, make: boolean): Promise<ServiceIdentity['seeds']> {
  const hasRoot = make || existsSync(join(keys, 'root.key'))
  return {
    log: await loadKey(keys, 'log', { make }),
    clock: await loadKey(keys, 'clock', { make }),
    root: hasRoot ? await loadKey(keys, 'root', { make }) : undefined,
  }
}

type Names = Pick<ServiceIdentity, 'origin' | 'operator'>

function newIdentity({ origin, operator, publicUrl }: Wanted, seed: Uint8Array): Names {
  return { origin: origin ?? madeOrigin(publicUrl, seed), operator: operator ?? defaultOperator }
}

function madeOrigin(publicUrl: string | null, seed: Uint8Array): string {
  if (publicUrl !== null) return publicUrl.replace(/^https?:\/\//, '')
  const { publicKey } = createEd25519Signer('localhost', seed).verifier
  return `localhost/${Buffer.from(sha256(publicKey)).toString('hex', 0, 8)}`
}

function storedIdentity(wanted: Wanted, log: LogReader): Names {
  const head = log.head()
  if (head === undefined) throw new Error('The log has no head')
  const { origin } = parseCheckpoint(parseNote(head.checkpoint).text)
  const stored = { origin, operator: firstOperator(log) }
  for (const key of ['origin', 'operator'] as const) {
    const found = wanted[key]
    if (found !== null && found !== stored[key]) throw fixedAtCreation(key, found, stored[key])
  }
  return stored
}

/** The account that the first entry of the log names. */
function firstOperator(log: LogReader): string {
  const part = log.entries(0, 1)[0]?.body ?? undefined
  const body = part && readBodyPart(entryKinds.genesis, part).body
  if (body === undefined || !('operator' in body)) throw new Error('The log names no operator')
  return body.operator
}

function fixedAtCreation(key: string, found: string, stored: string): SteleError {
  const wanted = `"${stored}", as when this log was created`
  const details = { key, source: 'the settings', found: JSON.stringify(found), wanted }
  return new SteleError('setting_invalid', details)
}
