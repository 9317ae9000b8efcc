// A service: its script, its log and its replica behind one port. It runs in whatever thread opens it.

import { rootsAccount } from '@stele/entries/bodies'
import type { CallAnswer, CallRequest, ScriptOffers } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import { createPublisher, type LogPorts, type Publisher, Sequencer } from '@stele/log'
import { type FolderReport, holdsLog, logFault, type RepairOptions } from '@stele/log/published'
import { clockName, type StateQuery } from '@stele/state'
import { createCosigner, createEd25519Signer } from '@stele/tlog/keys'
import { askInTime } from './ask-in-time.ts'
import { type Erasing, startErasing } from './erasing.ts'
import { genesisOf } from './genesis.ts'
import { beatEveryMs, compareRestMs } from './limits.ts'
import type { ServicePorts } from './ports.ts'
import { proveValues } from './proving.ts'
import { type Publishing, startPublishing } from './publishing.ts'
import { applyRules, type RulesChange, type RulesInForce, readRules } from './rules.ts'
import { checkTakedown, type Takedown, type TakenDown, takeDown } from './takedown.ts'

/** An open service. Nothing of it may be used after `close`. */
export type Service = {
  /** Why writes are refused, undefined where they are taken. */
  readonly readOnly: () => string | undefined
  /** What the script offers to callers, and whether they may be anonymous where calls have to be signed. */
  readonly offers: () => ScriptOffers
  /** Answers after the durable commit. Throws what `Sequencer.submit` throws. */
  readonly submit: (request: CallRequest) => Promise<CallAnswer>
  /** A proof bundle (spec/state.md "Proofs"). Throws `request_invalid`, `server_busy`, `log_inconsistent`. */
  readonly prove: (queries: readonly StateQuery[]) => Promise<Uint8Array>
  /** Tells that the checkpoint of this size was shown to somebody, who may look for its tiles in the public folder. */
  readonly noteServed: (size: number) => void
  /** Takes parts of the log away, by an entry that the root key signs. Throws `takedown_refused`, `root_key_missing`. */
  readonly takeDown: (takedown: Takedown) => Promise<TakenDown>
  /** Throws what `takeDown` would throw now; changes nothing. */
  readonly checkTakedown: (takedown: Takedown) => Promise<void>
  /** What the log runs, and who may change it. */
  readonly readRules: () => Promise<RulesInForce>
  /** Puts a change of that in force. Throws `proposal_stale`, `proposal_refused`, and what the new settings get wrong. */
  readonly applyRules: (change: RulesChange) => Promise<{ readonly index: number }>
  /**
   * Compares the public folder with the log and writes what is missing there: nothing where the log refuses writes. Throws
   * `log_inconsistent` where the folder is not the log's, `data_invalid` where there is none.
   */
  readonly repairFolder: (options: Pick<RepairOptions, 'replace'>) => Promise<FolderReport>
  /** Ends a repair that runs, and begins none any more: it throws `log_closed`. */
  readonly stopRepairs: () => void
  /** Ends when waiting calls are answered and what was committed is published. */
  readonly close: () => Promise<void>
}

/**
 * Opens a service, beginning its log where its home holds none, and brings what is derived from the log to where the
 * log is. A log that is not what it should be is opened for reading only. Throws where it cannot even be read.
 */
export async function openService(ports: ServicePorts): Promise<Service> {
  const { home, timers } = ports
  try {
    const own = new Map<string, Uint8Array>()
    const sequencer = await openLog(ports, own)
    const served = new Set<number>()
    const publisher = createFolderPublisher(ports, served)
    const publishing = startPublishing(publisher, sequencer, ports)
    const beat = (): void => {
      sequencer.beat().then(publishing.wake, () => undefined) // A failed commit was told of already.
    }
    const stopBeating = timers.every(beatEveryMs, beat)
    beat() // It may have stood still for long.
    publishing.wake()
    const stopComparing = compareRows(sequencer, timers)
    const erasing = startErasing(ports)
    // Only what the roots signed can have taken something down, and the last process may have ended before it was gone.
    if (home.store.lastSequence(rootsAccount) > 0) erasing.erase()
    let isStopped = false
    const close = async (): Promise<void> => {
      isStopped = true
      stopBeating()
      stopComparing()
      erasing.stop()
      try {
        await sequencer.close()
        await publishing.stop()
      } finally {
        home.close()
      }
    }
    return {
      ...functionsOf(ports, { sequencer, publishing, erasing, served, own }),
      repairFolder: ({ replace }) => {
        const readOnly = () => sequencer.readOnly // It may become so while the folder is compared.
        return repairFolder(publisher, { replace, readOnly, isStopped: () => isStopped })
      },
      stopRepairs: () => {
        isStopped = true
      },
      close,
    }
  } catch (error) {
    home.close()
    throw error
  }
}

/** Compares what the store holds of the state with the trie, behind everything else. Gives what ends it. */
function compareRows(sequencer: Sequencer, timers: ServicePorts['timers']): () => void {
  let isOpen = true
  void sequencer.compareRows(async () => {
    await new Promise<void>((resolve) => void timers.after(compareRestMs, resolve))
    return isOpen
  })
  return () => {
    isOpen = false
  }
}

function functionsOf(
  ports: ServicePorts,
  {
    sequencer,
    publishing,
    erasing,
    served,
    own,
  }: {
    readonly sequencer: Sequencer
    readonly publishing: Publishing
    readonly erasing: Erasing
    readonly served: Set<number>
    readonly own: Map<string, Uint8Array>
  },
): Omit<Service, 'close' | 'repairFolder' | 'stopRepairs'> {
  const { home, breathe } = ports
  const noteServed = (size: number): void => {
    if (home.publicFolder !== undefined) served.add(size) // Else nobody takes it out again.
  }
  const published = <T>(value: T): T => {
    publishing.wake()
    return value
  }
  return {
    readOnly: () => sequencer.readOnly,
    offers: () => sequencer.offers,
    submit: async (request) => {
      // Every replay would refuse it: only what the server observes itself is the host's.
      if (request.via === 'host' && request.account !== ports.identity.operator) {
        throw new Error(`A call of the host is made for "${request.account}"`)
      }
      return published(await sequencer.submit(request))
    },
    prove: (queries) =>
      proveValues(
        {
          prove: async (asked) => {
            const proven = await sequencer.prove(asked)
            noteServed(proven.head.size)
            return proven
          },
          head: () => sequencer.head,
          row: home.store.row,
          breathe,
        },
        queries,
      ),
    noteServed,
    takeDown: (takedown) => takeDown({ ...ports, sequencer, erasing }, takedown).then(published),
    checkTakedown: async (takedown) => checkTakedown({ ...ports, sequencer }, takedown),
    readRules: () => readRules({ ...ports, sequencer, own }),
    applyRules: (change) => applyRules({ ...ports, sequencer, own }, change).then(published),
  }
}

async function openLog(ports: ServicePorts, own: Map<string, Uint8Array>): Promise<Sequencer> {
  const { store, replica, keepBlobs } = ports.home
  if (store.head() === undefined) {
    if (holdsLog(ports.home.published)) {
      const reason = 'its database is empty, but its public folder holds what was published of it'
      throw new SteleError('log_inconsistent', { origin: ports.identity.origin, reason })
    }
    const { body, blobs } = genesisOf(ports)
    for (const { name, bytes } of blobs) own.set(name, bytes)
    const kept = await keepBlobs(blobs)
    const sequencer = await Sequencer.create(logPorts(ports, own), body, { blobs: kept })
    own.clear()
    return sequencer
  }
  for (const lagging of replica.lagging()) ports.report({ event: 'projection_behind', ...lagging })
  for (const _ of replica.catchUp()) await ports.breathe()
  return Sequencer.open(logPorts(ports, own))
}

/** `own`: blobs that the log is about to have, until the entry that names them holds them. */
function logPorts(ports: ServicePorts, own: ReadonlyMap<string, Uint8Array>): LogPorts {
  const { home, identity, nowMs, random, breathe, report, outside, timers } = ports
  const readBlob = (name: string): Uint8Array | undefined =>
    own.get(name) ?? home.store.blobs.read(name)
  return {
    store: home.store,
    ...(home.snapshots === undefined ? {} : { snapshots: home.snapshots }),
    createExecutor: (settings) => ports.openScript(settings, { ...ports, readBlob }),
    ...(outside === undefined ? {} : { outside: askInTime(outside, timers) }),
    readStoredBlob: home.store.blobs.readStored,
    published: home.published,
    signers: [createEd25519Signer(identity.origin, identity.seeds.log)],
    clock: createCosigner(clockName(identity.origin), identity.seeds.clock),
    nowMs,
    random,
    breathe,
    report,
  }
}

/** As `Service.repairFolder`, of a log that is open or not. `readOnly`: why writes are refused, where they are by now. */
export async function repairFolder(
  publisher: Publisher | undefined,
  {
    readOnly,
    ...options
  }: Omit<RepairOptions, 'refused'> & { readonly readOnly: () => string | undefined },
): Promise<FolderReport> {
  if (publisher === undefined) {
    const reason = 'the settings say that none is written ("publicFolder")'
    throw new SteleError('data_invalid', { path: 'public', reason })
  }
  const refused = (): string | undefined => {
    const reason = readOnly()
    return reason === undefined ? undefined : `the log takes no writes: ${reason}`
  }
  return publisher.repair({ ...options, refused })
}

/** Why a service of this home would take no writes: what its log says of itself, the public folder aside. */
export function homeFault({
  home: { store, snapshots },
  identity: { origin, seeds },
}: Pick<ServicePorts, 'home' | 'identity'>): string | undefined {
  return logFault({
    store,
    signers: [createEd25519Signer(origin, seeds.log)],
    ...(snapshots === undefined ? {} : { snapshots }),
    report: () => undefined,
  })
}

/** What writes the public folder of this home, where it has one. */
export function createFolderPublisher(
  { home, identity, breathe }: Pick<ServicePorts, 'home' | 'identity' | 'breathe'>,
  served: Set<number> = new Set(),
): Publisher | undefined {
  const { store, publicFolder, published, watermark } = home
  if (publicFolder === undefined) return undefined
  return createPublisher({
    folder: publicFolder,
    files: store,
    head: store.head,
    published,
    keys: keysText(identity),
    blobsAfter: store.blobs.after,
    readBlob: store.blobs.read,
    ...(store.blobs.file === undefined ? {} : { blobFile: store.blobs.file }),
    hasBlob: (name) => store.blobs.find(name) !== undefined,
    watermark: watermark.read,
    saveWatermark: watermark.save,
    served,
    breathe,
  })
}

/** What `/-/log/key` says: the log's vkey and its clock's, a line each. */
export function keysText({ origin, seeds }: ServicePorts['identity']): string {
  const log = createEd25519Signer(origin, seeds.log)
  const clock = createCosigner(clockName(origin), seeds.clock)
  return `${log.vkey}\n${clock.vkey}\n`
}
