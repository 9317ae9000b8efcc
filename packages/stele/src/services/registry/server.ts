// The registry as the server offers it: to its faces, and to the operator's commands.
import { accountsSection } from '@stele/accounts'
import { healthFace } from '@stele/faces/health'
import {
  type FetchFrom,
  type JsRegistryPorts,
  jsRegistryFace,
  type LocatedReads,
} from '@stele/faces/jsregistry'
import { logFace } from '@stele/faces/log'
import { mirrorSection, mnpmFace, mnpmPortFace } from '@stele/faces/mnpm'
import { npmFace } from '@stele/faces/npm'
import { webFace } from '@stele/faces/web'
import { edgeSection } from '@stele/http'
import { createRegistry, type Registry } from '@stele/registry'
import type { ViewReader } from '@stele/registry/reading'
import { scannerSection, sourcesOf } from '@stele/scanner/settings'
import { type LogReader, openStorage } from '@stele/storage'
import { type Amending, upstreamSection } from '@stele/upstream'
import { createArchiveThreads } from '../../ingest/archive-thread.ts'
import { ingestIdleMs } from '../../ingest/limits.ts'
import { createIngestPool, type IngestPorts } from '../../ingest/pool.ts'
import { startIngestThread } from '../../ingest/thread.ts'
import { createArchives } from '../../outgoing/archives.ts'
import { openScanners } from '../../scanner/open-scanners.ts'
import { createHeavyWork, type HeavyWork } from '../../server/heavy-work.ts'
import type { Reserved } from '../../server/reservations.ts'
import type { RunningService } from '../../server/run-service.ts'
import type { AskedUpstream } from '../../upstream/asked-upstream.ts'
import { createBehind } from '../../upstream/behind.ts'
import { createGet } from '../../upstream/http-get.ts'
import { openProxy } from '../../upstream/open-proxy.ts'
import { openReading } from '../../upstream/reading.ts'
import { viaHeaders } from '../../upstream/via.ts'
import { checkUpstreams, findUpstreams, unusedSettings } from '../../upstream/wanted-upstreams.ts'
import { wire } from '../faces.ts'
import { type KindPorts, type ServerPart, serverPart } from '../kind.ts'
import { countLeft, leftFacts } from './left-upstreams.ts'
import { createReached, type Reached } from './reached.ts'
import { createValuesInUse, type ValuesInUse } from './values-in-use.ts'

/** What is particular to a registry. */
export type RegistryPart = {
  readonly registry: Registry
  /** What the registry still uses of the values that entries wrote. */
  readonly valuesInUse: ValuesInUse
  /** Names and scopes that belong to accounts. */
  readonly reservations: () => readonly Reserved[]
  /** What a reservation would take from upstreams. */
  readonly reached: Reached
  /** The operator's work does not wait for upstreams any more: it throws server_busy. */
  readonly stopWaiting: () => void
  /** Absent where no upstream is asked. */
  readonly amending?: Amending
  readonly upstreams: readonly AskedUpstream[]
  /** Where copies of the registry are. */
  readonly mirrors: readonly string[]
  /** The network, for archives that accounts name. */
  readonly fetchFrom: FetchFrom
  readonly packArchive: JsRegistryPorts['packArchive']
  /** Packages that scanners found; absent where nothing is scanned. */
  readonly located?: LocatedReads
}

const faces = [
  wire(webFace),
  wire(npmFace),
  wire(logFace),
  wire(healthFace),
  wire(mnpmFace),
  wire(mnpmPortFace),
  wire(jsRegistryFace),
]

/** The registry, and its faces. */
export const registryServer: ServerPart<RegistryPart> = serverPart(faces, open, [
  {
    section: upstreamSection,
    check: (read) => checkUpstreams(read(upstreamSection), read(edgeSection)),
  },
  { section: mirrorSection, check: (read) => void read(mirrorSection) },
  { section: scannerSection, check: (read) => void sourcesOf(read(scannerSection)) },
])

async function open(
  service: RunningService,
  closing: AsyncDisposableStack,
  ports: KindPorts,
): Promise<RegistryPart> {
  const { log } = service.reads
  const heavy = createHeavyWork()
  const opened = await openUpstreams(service, closing, { ...ports, heavy })
  const { upstream, amending, holding, stopWaiting = () => undefined, upstreams = [] } = opened
  const views = await openViews(service)
  const asked = upstreams.map(({ id }) => id)
  void tellLeft(service, closing, { report: ports.report, asked }).catch(() => undefined) // A broken disk is told elsewhere.
  opened.catchUp?.() // The log can be written to now.
  const pool = closing.adopt(createIngestPool(ingestPorts(service.main, heavy)), (one) =>
    one.close(),
  )
  const archives = closing.adopt(createArchiveThreads(service.main), (one) => one.close())
  const sources = sourcesOf(ports.read(scannerSection))
  const located =
    sources.length === 0
      ? {}
      : { located: await openScanners(service, closing, { sources, report: ports.report }) }
  return {
    ...located,
    registry: createRegistry({
      state: log,
      views,
      blobs: log.blobs.read,
      submit: service.submit,
      ingest: pool.ingest,
      ...(upstream === undefined ? {} : { upstream }),
      isClosed: ports.read(accountsSection).access === 'authenticated',
      now: Date.now,
    }),
    valuesInUse: createValuesInUse(log),
    stopWaiting,
    ...(amending === undefined ? {} : { amending }),
    reservations: () => readReservations(log),
    reached: createReached(log, log.blobs.read, holding),
    upstreams,
    mirrors: ports.read(mirrorSection).mirrors,
    fetchFrom: closing.adopt(createArchives(), (one) => one.close()).fetchFrom,
    packArchive: archives.packArchive,
  }
}

/** Nothing is opened where no upstream is asked, and none ever was: what came from one may lie here alone. */
async function openUpstreams(
  { reads, identity, submit, storage, main }: RunningService,
  closing: AsyncDisposableStack,
  { read, report, heavy }: KindPorts & { readonly heavy: HeavyWork },
): Promise<
  Partial<
    Omit<ReturnType<typeof openProxy>, 'settled'> & { readonly upstreams: readonly AskedUpstream[] }
  >
> {
  const settings = read(upstreamSection)
  const upstreams = await findUpstreams(settings, read(edgeSection))
  const stored = openStorage(storage)
  const unused = unusedSettings(settings)
  if (unused.length > 0) {
    const next = 'no upstream is in the settings, so there is nothing that they keep from clients'
    const facts = { settings: unused.join(', '), next }
    report({ event: 'upstream_settings_unused', ...facts })
  }
  if (upstreams.length === 0 && !stored.hasUpstreams()) return {}
  const network = createGet({ timeoutMs: settings.upstreamTimeoutMs, headers: viaHeaders })
  const kept = stored.openUpstreams({
    maxBytes: settings.upstreamSpace,
    isOwn: (name) => proxy.upstream.whose(name) === undefined,
    onDamaged: (path) => {
      const facts = { path }
      report({ event: 'upstream_copy_damaged', ...facts })
    },
  })
  const store = closing.adopt(kept, (one) => one.close())
  store.swept.catch((error: unknown) => {
    const facts = { reason: error instanceof Error ? error.message : String(error) }
    report({ event: 'upstream_sweep_failed', ...facts })
  })
  const reading = openReading(main, heavy, settings.upstreamPackumentSize)
  const behind = createBehind()
  const { settled, ...proxy } = openProxy({
    ...reading,
    behind,
    get: network.get,
    kept: store.kept,
    tarballs: store.tarballs,
    settings: { ...settings, upstreams },
    operator: identity.operator,
    log: reads.log,
    submit,
    report: ({ kind, ...facts }) => {
      const asked = upstreams.find(({ id }) => 'upstream' in facts && id === facts.upstream)
      const place = asked === undefined ? {} : { url: asked.url }
      report({ event: `upstream_${kind}`, ...facts, ...place })
    },
  })
  // Before the store: what is on its way ends with an error then, and is still to put its file away.
  closing.defer(async () => {
    behind.close()
    network.close()
    await reading.close()
    await settled()
  })
  // Never the token.
  return { ...proxy, upstreams: upstreams.map(({ id, url, scopes }) => ({ id, url, scopes })) }
}

/** Tells of packages that nobody gets, since the settings do not name their upstream any more; nobody waits for it. */
async function tellLeft(
  { client, reads }: RunningService,
  closing: AsyncDisposableStack,
  { report, asked }: Pick<KindPorts, 'report'> & { readonly asked: readonly string[] },
): Promise<void> {
  let isClosed = false
  closing.defer(() => {
    isClosed = true
  })
  const isReady = await client.ready.then(
    () => true,
    () => false, // The server says so itself.
  )
  if (!isReady || isClosed) return
  const pause = async (): Promise<boolean> => {
    await new Promise((resolve) => setImmediate(resolve))
    return !isClosed
  }
  for (const [upstream, packages] of await countLeft(reads.log, asked, pause)) {
    const facts = leftFacts(upstream, packages)
    report({ event: 'upstream_left', ...facts })
  }
}

/** Opening the service brings them to where the log is. */
async function openViews({ reads, client }: RunningService): Promise<ViewReader> {
  const views = reads.registryViews()
  if (views !== undefined) return views
  await client.ready
  const made = reads.registryViews()
  if (made === undefined) throw new Error('The views are not where the log is')
  return made
}

function ingestPorts(main: URL, heavy: HeavyWork): IngestPorts {
  return {
    startThread: () => {
      const thread = startIngestThread(main)
      return { ...thread, read: (job) => heavy(job.body.length, () => thread.read(job)) }
    },
    whenIdle: (end) => {
      const timer = setTimeout(end, ingestIdleMs)
      timer.unref()
      return { cancel: () => clearTimeout(timer) }
    },
  }
}

function readReservations(log: LogReader): readonly Reserved[] {
  return log.list('/names').flatMap((field) => {
    const value = log.get('/names', field)
    if (value === undefined) return []
    const accounts = Buffer.from(value).toString().split(' ')
    return [{ pattern: decodeURIComponent(field), accounts }]
  })
}
