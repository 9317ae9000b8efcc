// A server of a script: its service, run in a thread, and its faces.
import { logFace } from '@stele/faces/log'
import { rpcFace } from '@stele/faces/rpc'
import { vmFace } from '@stele/faces/vm'
import { createApp, createPendingApp, type HttpEvent, listen } from '@stele/http'
import { type EarlyWorker, startThread, type ThreadEvent } from '@stele/service/thread'
import { dataPaths, lockDataFolder } from '@stele/storage/folder'
import { isOnlyLocal } from '../server/announce.ts'
import { findService, type RunningService, runService } from '../server/run-service.ts'
import { vmKind } from '../services/vm/kind.ts'

/** How a script is served. */
export type VmServerOptions = {
  /** The program that a new service begins with. One that is there goes on with its own. */
  readonly script: string
  /** The folder of the service, an absolute path. */
  readonly dir: string
  readonly title: string
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  /** Callers are who they say they are. */
  readonly isDebug: boolean
  /** How long a call may hold the thread, ms. */
  readonly callTimeoutMs: number
  /** The module that threads run. */
  readonly main: URL
  readonly early?: EarlyWorker | undefined
  readonly report: (event: ThreadEvent | HttpEvent) => void
}

/** A script that is served. */
export type VmServer = {
  /** Without a slash at the end. */
  readonly url: string
  readonly port: number
  readonly origin: string
  readonly service: RunningService
  /** The service runs another script than the one that was given. */
  readonly runsOther: boolean
  readonly close: () => Promise<void>
}

/** Opens the folder, making what is not there, and serves it. Throws `data_locked`, `data_invalid`, `script_invalid`, `address_taken`. */
export async function openVmServer(options: VmServerOptions): Promise<VmServer> {
  const { host, port, report } = options
  // A port that is taken must not leave a log and keys behind.
  const pending = createPendingApp()
  const listening = await listen(pending.app, { host, port, report })
  await using closing = new AsyncDisposableStack()
  const service = await openScript(options, closing).catch(async (error: unknown) => {
    await listening.stop(0)
    throw error
  })
  pending.open(createServiceApp(service, options))
  const kept = closing.move()
  return {
    url: listening.url,
    port: listening.port,
    origin: service.identity.origin,
    service,
    runsOther: service.ruleDifferences().includes('script'),
    close: async () => {
      await listening.stop(graceMs)
      await kept.disposeAsync()
    },
  }
}

/** How long running calls may go on when the server is to stop, ms. */
const graceMs = 5_000

/** Opens the service in a thread of its own. */
async function openScript(
  { script, dir, callTimeoutMs, main, early, report }: VmServerOptions,
  closing: AsyncDisposableStack,
): Promise<RunningService> {
  const paths = dataPaths(dir)
  closing.adopt(lockDataFolder(paths.root), (lock) => lock.release())
  const reading = closing.use(new AsyncDisposableStack())
  const kind = { ...vmKind, definition: { ...vmKind.definition, script: () => script } }
  const storage = { dir, publicFolder: true }
  const wanted = { origin: null, operator: null, publicUrl: null }
  const found = await findService(kind, storage, { wanted, closing: reading })
  const thread = startThread({ main, early, callTimeoutMs, report })
  closing.adopt(thread, (one) => one.close())
  const service = runService(found, { thread, main })
  await service.client.ready
  return service
}

/** The faces of the service, at the root of the server. */
function createServiceApp(
  { client, reads, submit, log, identity }: RunningService,
  { title, host, isDebug, report }: VmServerOptions,
): ReturnType<typeof createApp> {
  const reportBug = (error: unknown): void => {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    report({ type: 'bug', id: '', method: 'rpc', path: '', stack })
  }
  const { methods, prove } = client
  const faces = [
    rpcFace.open({ submit, methods, isDebug, reportBug }, {}),
    vmFace.open(
      {
        title,
        origin: identity.origin,
        files: reads.log,
        treeSize: log.treeSize,
        entries: reads.log.entries,
        methods,
      },
      {},
    ),
    logFace.open({ log, prove, isPublic: false }, {}),
  ]
  const settings = { mountPath: '', trustedProxies: [], listensOnLoopback: isOnlyLocal({ host }) }
  return createApp({ faces, settings, now: Date.now, report, version: reads.version })
}
