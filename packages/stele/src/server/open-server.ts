// Wires a server: data folder, services, registry, accounts. It answers calls, but does not listen yet.

import { hash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Accounts, createAccounts } from '@stele/accounts'
import { settingsInForce } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import type { LogReads } from '@stele/faces/log'
import { engines, refuseRetired } from '@stele/host/names'
import { makeBundle, makeTile } from '@stele/log'
import { createRegistry, type Registry, rulesScript } from '@stele/registry'
import { keysText, type ServiceIdentity } from '@stele/service'
import {
  type ServiceClient,
  startThread,
  type ThreadEvent,
  type ThreadOptions,
} from '@stele/service/thread'
import {
  createBlobUploads,
  createDataVersion,
  createLogReader,
  type LogReader,
  logSchema,
  openReader,
} from '@stele/storage'
import {
  type DataPaths,
  dataPaths,
  loadKey,
  lockDataFolder,
  openAccountStore,
} from '@stele/storage/folder'
import { createViewReader, prepareViews, viewsLag } from '@stele/storage/views'
import { createEd25519Signer, parseCheckpoint } from '@stele/tlog/keys'
import { parseNote } from '@stele/tlog/notes'
import { sha256 } from '@stele/tlog/tree'
import { ingestIdleMs } from '../ingest/limits.ts'
import { createIngestPool, type IngestPorts } from '../ingest/pool.ts'
import { startIngestThread } from '../ingest/thread.ts'
import type { ServiceData } from '../services/data.ts'
import type { Settings } from '../settings/load.ts'
import type { Reserved } from './reservations.ts'
import { createTakenDown } from './taken-down.ts'
import { createValuesInUse } from './values-in-use.ts'

/** The operator's account where no other is named. */
const defaultOperator = 'operator'

/** A registry that runs in this process. */
export type Server = {
  readonly paths: DataPaths
  readonly origin: string
  /** The account that the rules call the operator. */
  readonly operator: string
  readonly registry: Registry
  readonly accounts: Accounts
  /** The registry, as a service. */
  readonly service: ServiceClient
  /** Differs after every commit that reads here can see. */
  readonly version: () => number
  readonly log: LogReads
  /** What the registry still uses of the values that an entry wrote. */
  readonly valuesInUse: (entry: number) => string | undefined
  /** What of this release's rules the log runs otherwise: it goes on with its own. */
  readonly ruleDifferences: readonly ('script' | 'engine')[]
  /** Names and scopes that belong to accounts. */
  readonly reservations: () => readonly Reserved[]
  readonly close: () => Promise<void>
}

/** What a server needs besides its settings. `main` is the module that the thread of its services runs. */
export type ServerPorts = Pick<ThreadOptions, 'main' | 'early'> & {
  readonly report: (event: ThreadEvent) => void
}

/** Opens the data folder, creating the log where there is none. Throws `data_locked`, `data_invalid`, `setting_invalid`. */
export async function openServer(
  settings: Settings,
  { main, early, report }: ServerPorts,
): Promise<Server> {
  const paths = dataPaths(settings.dir)
  await using opened = new AsyncDisposableStack()
  opened.adopt(lockDataFolder(paths.root), (lock) => lock.release())
  refuseLostLog(paths)
  const db = opened.adopt(openReader(paths.log, logSchema, prepareViews), (one) => one.close())
  const reader = createLogReader(db, paths.blobs)
  const isNew = reader.head() === undefined
  if (!isNew) refuseRetired(settingsInForce(reader).engine)
  const seeds = await loadSeeds(paths, isNew)
  const origin = isNew ? newOrigin(settings, seeds.log) : storedOrigin(settings, reader)
  const store = opened.adopt(openAccountStore(paths.accounts), (one) => one.close())
  const { publicFolder, callTimeoutMs } = settings
  const operator = isNew ? (settings.operator ?? defaultOperator) : storedOperator(settings, reader)
  const thread = startThread({ main, early, callTimeoutMs, report })
  opened.adopt(thread, (one) => one.close())
  const identity = { origin, operator, seeds }
  const data: ServiceData = { kind: 'registry', paths, identity, publicFolder }
  const isKept = (name: string): boolean => reader.blobs.find(name) !== undefined
  const inOrder = Promise.withResolvers<boolean>()
  const uploads = createBlobUploads(paths.blobs, { isKept, isInOrder: inOrder.promise })
  const service = thread.open({ name: 'registry', data, keepBlobs: uploads.keep })
  // Without a public folder nothing tells an older database that it is one.
  const isInOrder = service.ready.then(
    ({ readOnly }) => publicFolder && readOnly === undefined,
    () => false,
  )
  inOrder.resolve(isInOrder)
  if (isNew || viewsLag(db, reader.head()?.size ?? 0)) await service.ready
  const views = createViewReader(db)
  const pool = opened.adopt(createIngestPool(ingestPorts(main)), (one) => one.close())
  const random = (sizeBytes: number): Uint8Array => randomBytes(sizeBytes)
  const kept = opened.move() // From here on the caller closes it.
  return {
    paths,
    origin,
    operator,
    registry: createRegistry({
      state: reader,
      views,
      submit: (request) => uploads.submit(service.submit, request),
      ingest: pool.ingest,
      now: Date.now,
    }),
    accounts: createAccounts({ store, now: Date.now, random }),
    // A change of the rules keeps its blobs in the service's own thread.
    service: {
      ...service,
      applyRules: (change) => uploads.hold(() => service.applyRules(change)),
    },
    log: logReads(reader, keysText(identity), service.noteServed),
    valuesInUse: createValuesInUse(reader),
    ruleDifferences: ruleDifferences(reader),
    reservations: () => readReservations(reader),
    version: createDataVersion(db),
    close: () => kept.disposeAsync(),
  }
}

function ingestPorts(main: URL): IngestPorts {
  return {
    startThread: () => startIngestThread(main),
    whenIdle: (end) => {
      const timer = setTimeout(end, ingestIdleMs)
      timer.unref()
      return { cancel: () => clearTimeout(timer) }
    },
  }
}

function ruleDifferences(reader: LogReader): Server['ruleDifferences'] {
  const { script, engine } = settingsInForce(reader)
  const own = { script: hash('sha512', rulesScript()), engine: engines.fresh.name }
  return (['script', 'engine'] as const).filter((name) => own[name] !== { script, engine }[name])
}

/** The keys of a log without the log: a second one of the same name would contradict what others saw of the first. */
function refuseLostLog({ log, keys }: DataPaths): void {
  if (existsSync(log) || !existsSync(join(keys, 'log.key'))) return
  const reason = 'it is missing, though the keys of its log are there; restore it from a backup'
  throw new SteleError('data_invalid', { path: log, reason })
}

async function loadSeeds(paths: DataPaths, make: boolean): Promise<ServiceIdentity['seeds']> {
  const hasRoot = make || existsSync(join(paths.keys, 'root.key'))
  return {
    log: await loadKey(paths.keys, 'log', { make }),
    clock: await loadKey(paths.keys, 'clock', { make }),
    root: hasRoot ? await loadKey(paths.keys, 'root', { make }) : undefined,
  }
}

function newOrigin({ origin, publicUrl }: Settings, seed: Uint8Array): string {
  if (origin !== null) return origin
  if (publicUrl !== null) return publicUrl.replace(/^https?:\/\//, '')
  const { publicKey } = createEd25519Signer('localhost', seed).verifier
  return `localhost/${Buffer.from(sha256(publicKey)).toString('hex', 0, 8)}`
}

function storedOrigin({ origin }: Settings, reader: LogReader): string {
  const head = reader.head()
  if (head === undefined) throw new Error('The log has no head')
  const stored = parseCheckpoint(parseNote(head.checkpoint).text).origin
  if (origin === null || origin === stored) return stored
  throw fixedAtCreation('origin', origin, stored)
}

function storedOperator({ operator }: Settings, reader: LogReader): string {
  const bytes = reader.get('/', 'operator')
  if (bytes === undefined) throw new Error('The state names no operator')
  const stored = Buffer.from(bytes).toString()
  if (operator === null || operator === stored) return stored
  throw fixedAtCreation('operator', operator, stored)
}

function readReservations(reader: LogReader): readonly Reserved[] {
  return reader.list('/names').flatMap((field) => {
    const value = reader.get('/names', field)
    if (value === undefined) return []
    const accounts = Buffer.from(value).toString().split(' ')
    return [{ pattern: decodeURIComponent(field), accounts }]
  })
}

function fixedAtCreation(key: string, found: string, stored: string): SteleError {
  const wanted = `"${stored}", as when this log was created`
  const details = { key, source: 'the settings', found: JSON.stringify(found), wanted }
  return new SteleError('setting_invalid', details)
}

function logReads(reader: LogReader, keys: string, noteServed: (size: number) => void): LogReads {
  const treeSize = (): number => reader.head()?.size ?? 0
  const show = (part: 'checkpoint' | 'head') => (): Uint8Array | undefined => {
    const head = reader.head()
    if (head !== undefined) noteServed(head.size)
    return bytesOf(head?.[part])
  }
  return {
    checkpoint: show('checkpoint'),
    head: show('head'),
    keys: () => keys,
    treeSize,
    tile: (level, index, width) => makeTile(reader, treeSize(), { level, index, width }),
    bundle: (kind, index, width) => makeBundle(reader, treeSize(), { kind, index, width }),
    blob: (name) => {
      const blob = reader.blobs.find(name)
      if (blob === undefined || blob instanceof Uint8Array) return blob
      return { file: blob.path, size: blob.size }
    },
    takenDown: createTakenDown(reader),
  }
}

function bytesOf(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : Buffer.from(text)
}
