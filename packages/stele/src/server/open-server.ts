// Wires a server: data folder, accounts, services. It answers calls, but does not listen yet.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Accounts, createAccounts } from '@stele/accounts'
import type { LogReads } from '@stele/faces/log'
import type { Face } from '@stele/http'
import {
  type ServiceClient,
  startThread,
  type ThreadEvent,
  type ThreadOptions,
} from '@stele/service/thread'
import { openStorage } from '@stele/storage'
import { type DataPaths, dataPaths, lockDataFolder } from '@stele/storage/folder'
import type { EdgePorts, ReadSection } from '../services/faces.ts'
import type { OpenedKind } from '../services/kind.ts'
import { kinds as ownKinds } from '../services/kinds.ts'
import type { RegistryPart } from '../services/registry/server.ts'
import type { Settings } from '../settings/load.ts'
import { findService, type RunningService, runService } from './run-service.ts'

/** A server of this process: a registry, and what runs beside it. */
export type Server = RegistryPart & {
  readonly paths: DataPaths
  readonly origin: string
  /** The account that the rules call the operator. */
  readonly operator: string
  readonly accounts: Accounts
  /** The registry, as a service. */
  readonly service: ServiceClient
  readonly log: LogReads
  readonly ruleDifferences: RunningService['ruleDifferences']
  /** Differs after every commit that reads here can see. */
  readonly version: () => number
  /** The faces of all services; the registry's come first. */
  readonly openFaces: (edge: EdgePorts, read: ReadSection) => readonly Face[]
  readonly close: () => Promise<void>
}

/** What a server tells its operator. */
export type ServerEvent = ThreadEvent | { readonly event: string }

/** What a server needs besides its settings. `main` is the module that the thread of its services runs. */
export type ServerPorts = Pick<ThreadOptions, 'main' | 'early'> & {
  readonly report: (event: ServerEvent) => void
  /** What it runs; the module's own list where nothing is said. `main` must run the same. */
  readonly kinds?: typeof ownKinds
}

/** Opens the data folder, creating the logs that are not there. Throws `data_locked`, `data_invalid`, `setting_invalid`. */
export async function openServer(
  settings: Settings,
  { main, early, report, kinds = ownKinds }: ServerPorts,
): Promise<Server> {
  const paths = dataPaths(settings.dir)
  await using closing = new AsyncDisposableStack()
  closing.adopt(lockDataFolder(paths.root), (lock) => lock.release())
  // What is stored is read until the thread has answered its last call.
  const reading = closing.use(new AsyncDisposableStack())
  const storage = { dir: settings.dir, publicFolder: settings.publicFolder }
  const [registryKind, ...otherKinds] = kinds
  const found = await findService(registryKind, storage, { wanted: settings, closing: reading })
  const { origin, operator } = found.identity
  const store = closing.adopt(openStorage(storage).openAccounts(), (one) => one.close())
  const random = (sizeBytes: number): Uint8Array => randomBytes(sizeBytes)
  const accounts = createAccounts({ store, now: Date.now, random })
  const { callTimeoutMs } = settings
  const thread = startThread({ main, early, callTimeoutMs, report })
  closing.adopt(thread, (one) => one.close())
  const service = runService(found, { thread, main })
  const kindPorts = { read: settings.read, report }
  const registry = await (await registryKind.server()).open(service, closing, kindPorts)
  const opened: Opened[] = [{ service, openFaces: registry.openFaces }]
  for (const kind of otherKinds) {
    const place = { ...storage, dir: join(storage.dir, 'services', kind.name) }
    const wanted = { origin: `${origin}/${kind.name}`, operator, publicUrl: null }
    const other = await findService(kind, place, { wanted, closing: reading })
    const beside = runService(other, { thread, main })
    const { openFaces } = await (await kind.server()).open(beside, closing, kindPorts)
    opened.push({ service: beside, openFaces })
  }
  const kept = closing.move() // From here on the caller closes it.
  return {
    ...registry.own,
    paths,
    origin,
    operator,
    accounts,
    service: service.client,
    log: service.log,
    ruleDifferences: service.ruleDifferences,
    version: joinVersions(opened.map((one) => one.service.reads.version)),
    openFaces: (edge, read) => opened.flatMap((one) => facesOf(one, { ...edge, accounts }, read)),
    close: () => kept.disposeAsync(),
  }
}

type Opened = { readonly service: RunningService } & Pick<OpenedKind, 'openFaces'>

function facesOf(
  { service, openFaces }: Opened,
  edge: EdgePorts & { readonly accounts: Accounts },
  read: ReadSection,
): readonly Face[] {
  const { log, client } = service
  const { prove, writesRefused, notAnswering } = client
  return openFaces({ ...edge, log, prove, writesRefused, notAnswering }, read)
}

/** What differs when any of these does. */
function joinVersions(versions: readonly (() => number)[]): () => number {
  const [first, ...more] = versions
  if (first !== undefined && more.length === 0) return first
  let [seen, changes] = ['', 0]
  return () => {
    const now = versions.map((version) => version()).join()
    if (now !== seen) changes++
    seen = now
    return changes
  }
}
