// Wires a server: data folder, engine, registry, accounts. It answers calls, but does not listen yet.
import { randomBytes } from 'node:crypto'
import { type Accounts, createAccounts } from '@stele/accounts'
import { SteleError } from '@stele/errors'
import type { LogReads } from '@stele/http'
import { makeBundle, makeTile } from '@stele/log'
import { createRegistry, type Registry } from '@stele/registry'
import {
  createLogReader,
  createViewReader,
  type DataPaths,
  dataPaths,
  type LogReader,
  loadKey,
  lockDataFolder,
  logSchema,
  openAccountStore,
  openReader,
  viewSchema,
} from '@stele/storage'
import {
  createCosigner,
  createEd25519Signer,
  parseCheckpoint,
  parseNote,
  sha256,
} from '@stele/tlog'
import { type ClientEvent, type Engine, startEngine } from '../engine/client.ts'
import type { EngineData, EngineEvent } from '../engine/messages.ts'
import type { Settings } from '../settings/schema.ts'

/** A registry that runs in this process. */
export type Server = {
  readonly paths: DataPaths
  readonly origin: string
  readonly registry: Registry
  readonly accounts: Accounts
  readonly engine: Engine
  readonly log: LogReads
  readonly close: () => Promise<void>
}

/** What a server needs besides its settings. `main` is the module that its engine's thread runs. */
export type ServerPorts = {
  readonly main: URL
  readonly report: (event: EngineEvent | ClientEvent) => void
}

/** Opens the data folder, creating the log where there is none. Throws `data_locked`, `data_invalid`, `setting_invalid`. */
export async function openServer(settings: Settings, ports: ServerPorts): Promise<Server> {
  const paths = dataPaths(settings.dir)
  const lock = lockDataFolder(paths.root)
  try {
    return await openLocked(settings, { ...ports, paths, release: lock.release })
  } catch (error) {
    lock.release()
    throw error
  }
}

async function openLocked(
  settings: Settings,
  ports: ServerPorts & { readonly paths: DataPaths; readonly release: () => void },
): Promise<Server> {
  const { paths, main, report } = ports
  const db = openReader(paths.log, logSchema + viewSchema)
  const reader = createLogReader(db, paths.blobs)
  const isNew = reader.head() === undefined
  const seeds = await loadSeeds(paths, isNew)
  const origin = isNew ? newOrigin(settings, seeds.log) : storedOrigin(settings, reader)
  const { operator, publicFolder, callTimeoutMs } = settings
  const data = { paths, origin, operator, seeds, publicFolder }
  const engine = startEngine({ data, main, callTimeoutMs, report })
  if (isNew) await engine.ready
  const views = createViewReader(db)
  const registry = createRegistry({ state: reader, views, submit: engine.submit, now: Date.now })
  const accountStore = openAccountStore(paths.accounts)
  const random = (sizeBytes: number): Uint8Array => randomBytes(sizeBytes)
  return {
    paths,
    origin,
    registry,
    accounts: createAccounts({ store: accountStore, now: Date.now, random }),
    engine,
    log: logReads(reader, keysText(origin, seeds)),
    close: async () => {
      await engine.close()
      accountStore.close()
      db.close()
      ports.release()
    },
  }
}

async function loadSeeds(paths: DataPaths, make: boolean): Promise<EngineData['seeds']> {
  return {
    log: await loadKey(paths.keys, 'log', { make }),
    clock: await loadKey(paths.keys, 'clock', { make }),
    root: await loadKey(paths.keys, 'root', { make }),
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
  const wanted = `"${stored}", as when this log was created`
  const details = { key: 'origin', source: 'the settings', found: JSON.stringify(origin), wanted }
  throw new SteleError('setting_invalid', details)
}

function keysText(origin: string, seeds: EngineData['seeds']): string {
  const log = createEd25519Signer(origin, seeds.log)
  const clock = createCosigner(`${origin}/clock`, seeds.clock)
  return `${log.vkey}\n${clock.vkey}\n`
}

function logReads(reader: LogReader, keys: string): LogReads {
  const treeSize = (): number => reader.head()?.size ?? 0
  return {
    checkpoint: () => bytesOf(reader.head()?.checkpoint),
    head: () => bytesOf(reader.head()?.head),
    keys: () => keys,
    treeSize,
    tile: (level, index, width) => makeTile(reader, treeSize(), { level, index, width }),
    bundle: (kind, index, width) => makeBundle(reader, treeSize(), { kind, index, width }),
    blob: (name) => {
      const blob = reader.blobs.find(name)
      if (blob === undefined || blob instanceof Uint8Array) return blob
      return { file: blob.path, size: blob.size }
    },
  }
}

function bytesOf(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : Buffer.from(text)
}
