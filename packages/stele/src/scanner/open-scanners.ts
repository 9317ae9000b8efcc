// Puts the scanners of a registry together: the thread that looks, the log, and what the face reads.
import { join } from 'node:path'
import type { LocatedReads } from '@stele/faces/jsregistry'
import { createLocate } from '@stele/registry/located'
import { type Source, sweepFacts } from '@stele/scanner'
import { openStorage } from '@stele/storage'
import type { RunningService } from '../server/run-service.ts'
import type { KindPorts } from '../services/kind.ts'
import { createShelf } from './located.ts'
import { createLocatedReads } from './reads.ts'
import { type ScanThread, startScanThread } from './thread.ts'

/**
 * What was located before is there when this resolves: nobody is to be asked for such a name meanwhile. Scanning begins when the log
 * can be written to.
 */
export async function openScanners(
  { reads, identity, submit, storage, main, client, log: logReads }: RunningService,
  closing: AsyncDisposableStack,
  { sources, report }: Pick<KindPorts, 'report'> & { readonly sources: readonly Source[] },
): Promise<LocatedReads> {
  const { log } = reads
  const stateFolder = openStorage(storage).scannedFolder
  const factsFolder = join(stateFolder, 'facts')
  let thread: ScanThread | undefined
  let isClosed = false
  closing.defer(async () => {
    isClosed = true
    await thread?.end()
  })
  const again: ScanThread['again'] = (scanner, spec) => thread?.again(scanner, spec)
  const shelf = createShelf({
    state: log,
    scanners: sources.map(({ scanner }) => scanner),
    locate: createLocate({ submit, operator: identity.operator }),
    hasBlob: (name) => log.blobs.find(name) !== undefined || logReads.takenDown(name) !== undefined,
    report,
  })

  async function start(): Promise<void> {
    const isReady = await client.ready.then(
      () => true,
      () => false, // The server says so itself.
    )
    if (!isReady || isClosed) return
    await sweepFacts(factsFolder, shelf.knownFiles())
    if (isClosed) return
    const data = { sources, stateFolder, factsFolder }
    thread = startScanThread(main, data, {
      take: shelf.take,
      onFailed: (reason) => {
        const facts = { reason }
        report({ event: 'scanner_failed', ...facts })
      },
    })
  }

  await shelf.load(() => new Promise((resolve) => setImmediate(resolve)))
  void start().catch((error: unknown) => {
    const facts = { reason: error instanceof Error ? error.message : String(error) }
    report({ event: 'scanner_failed', ...facts })
  })
  const { takenDown } = logReads
  return createLocatedReads({
    shelf,
    sources,
    factsFolder,
    blob: log.blobs.read,
    takenDown,
    again,
  })
}
