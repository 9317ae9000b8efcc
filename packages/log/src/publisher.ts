// Writes the public folder behind the log: tiles, bundles and blobs first, head and checkpoint last.
// All of it can be made again from the store, so it needs no part in the commit.

import { bundleWidth } from '@stele/entries/parts'
import { blobPath, logFolder as root } from '@stele/entries/paths'
import { reasonOf, SteleError } from '@stele/errors'
import { parseOrigin, refusal, refuseRollback, whereFolderIs } from './folder-guard.ts'
import { type FolderReport, planRepair, type RepairOptions, reportOf } from './folder-plan.ts'
import { repairFolder } from './folder-repair.ts'
import { maxUnsyncedFiles } from './limits.ts'
import type { StoredHead } from './ports.ts'
import { pruneRecords, publishMissing, publishServed, publishTiles } from './publish-pieces.ts'
import { publishWithheld } from './publish-withheld.ts'
import { publishedCheckpoint } from './published.ts'
import type { PublicFolder, PublisherPorts, Watermark } from './publisher-ports.ts'
import { createTakenDown } from './taken-down.ts'

/** Brings the folder up to the store. Throws `log_inconsistent` where the folder holds what the store does not. */
export type Publisher = {
  readonly publish: () => Promise<void>
  /**
   * Compares all that is in the folder with the log, and writes what is missing of it: nothing where something there may
   * belong to another history. Throws `log_inconsistent` where its checkpoint does.
   */
  readonly repair: (options: RepairOptions) => Promise<FolderReport>
}

/** The checkpoint that this publisher has put there, and how far the folder is with it. */
type Published = { readonly checkpoint: string; readonly to: Watermark }

/** A publisher; runs of it follow one another, never side by side. */
export function createPublisher(ports: PublisherPorts): Publisher {
  let running: Promise<unknown> = Promise.resolve()
  let last: Published | undefined
  const recent: number[] = []
  const publishOnce = async (to = ports, blobsThere = 0): Promise<void> => {
    const head = ports.head()
    if (head === undefined) return
    const note = publishedCheckpoint(ports.published)
    // Somebody has emptied the folder, or put another copy of it there: what is in it is as little known as at a start.
    if (note !== last?.checkpoint) last = undefined
    if (last?.checkpoint === head.checkpoint) return
    const from = last?.to ?? (await resume(to, head, recent))
    const blobNumber = await publishBlobs(to, Math.max(blobsThere, from.blobNumber))
    await publishTiles(to, from.size, head.size)
    const served = await publishServed(to, from.size, head.size)
    await publishWithheld(to, from.size, head.size)
    await to.folder.sync() // After a power cut, what the checkpoint names must be there, and whole.
    for (const size of served) ports.served.delete(size)
    await to.folder.writeDurably(`${root}key`, Buffer.from(ports.keys))
    await to.folder.writeDurably(`${root}head`, Buffer.from(head.head))
    await to.folder.writeDurably(`${root}checkpoint`, Buffer.from(head.checkpoint))
    const watermark = { size: head.size, blobNumber }
    ports.saveWatermark(watermark)
    last = { checkpoint: head.checkpoint, to: watermark }
    await pruneRecords(to, recent, head.size)
  }
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = running.catch(() => undefined).then(work)
    running = done
    return done
  }
  return {
    publish: () => inTurn(() => publishOnce()),
    repair: async (options) => {
      const stoppable = { ...ports, breathe: breatheUntil(ports, options) }
      const takenDown = createTakenDown(stoppable)
      // Beside publications: it only reads, and may take minutes.
      const plan = await planRepair({ ...stoppable, takenDown }, options)
      if (plan.refused !== undefined) return reportOf(plan)
      return inTurn(async () => {
        const refused = options.refused?.()
        if (refused !== undefined) return reportOf({ ...plan, refused })
        const counted = portsOfRepair(ports)
        const writing = { ...counted.ports, breathe: breatheWhileWriting(stoppable, options) }
        last = undefined // Whatever lies at the right edge, checkpoint and head are written again too.
        const repaired = await repairFolder({ ...writing, takenDown }, plan, options)
        const { blobNumber, isHeldBack, ...done } = repaired
        await writing.breathe()
        if (!isHeldBack) await publishOnce(writing, blobNumber)
        const held = isHeldBack ? { isHeldBack } : {}
        return reportOf(plan, { ...done, ...counted.written(), ...held })
      })
    },
  }
}

/** Lets calls in between, and ends what should go on no more. */
function breatheUntil(
  { breathe, head }: PublisherPorts,
  { isStopped }: RepairOptions,
): PublisherPorts['breathe'] {
  return async () => {
    await breathe()
    const now = head()
    if (isStopped?.() && now) throw new SteleError('log_closed', { origin: parseOrigin(now) })
  }
}

/** Throws `log_inconsistent` too, once the log refuses writes: what would be overwritten then is evidence. */
function breatheWhileWriting(
  { breathe, head }: PublisherPorts,
  { refused }: RepairOptions,
): PublisherPorts['breathe'] {
  return async () => {
    await breathe()
    const reason = refused?.()
    if (reason !== undefined) throw refusal(head(), reason)
  }
}

/** The ports with a folder that counts the files that were not there, and says in an operator's words what it cannot do. */
function portsOfRepair(ports: PublisherPorts) {
  const { published } = ports
  const { copy: _copy, ...folder } = ports.folder // What is repaired is read, and compared with its hash.
  let [written, writtenBytes] = [0, 0]
  const counted: PublicFolder = {
    ...folder,
    write: (path, bytes) => {
      if (!published.has(path)) {
        written++
        writtenBytes += bytes.length
      }
      return tryFolder(folder.write(path, bytes))
    },
    writeDurably: (path, bytes) => tryFolder(folder.writeDurably(path, bytes)),
    remove: (path) => tryFolder(folder.remove(path)),
    sync: () => tryFolder(folder.sync()),
  }
  return { ports: { ...ports, folder: counted }, written: () => ({ written, writtenBytes }) }
}

/** Throws `data_invalid`: what the disk refuses is no bug. */
async function tryFolder(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (cause) {
    const reason = reasonOf(cause)
    throw new SteleError('data_invalid', { path: 'public', reason }, { cause })
  }
}

/**
 * Where publishing goes on in a folder that this publisher does not know. It writes what that lacks of its newest pieces.
 * A stop that was not clean has forgotten which sizes were served: then every width of the unfinished pieces is written.
 */
async function resume(
  ports: PublisherPorts,
  head: StoredHead,
  recent: number[],
): Promise<Watermark> {
  refuseRollback(ports, head)
  recent.length = 0
  const watermark = ports.watermark()
  if (watermark.size === 0) return watermark // Of a log that was never published.
  const from = whereFolderIs(ports, watermark)
  recent.push(...new Set([from.size, watermark.size].filter((size) => size > 0)))
  const unfinished = head.size - (head.size % bundleWidth)
  for (let one = Math.max(from.size, unfinished) + 1; one < head.size; one++) ports.served.add(one)
  await publishMissing(ports, watermark.size, head.size)
  return from
}

async function publishBlobs(ports: PublisherPorts, after: number): Promise<number> {
  const isRefill = after === 0 // Most of them may be there.
  let blobNumber = after
  for (;;) {
    const blobs = ports.blobsAfter(blobNumber)
    if (blobs.length === 0) return blobNumber
    for (const blob of blobs) {
      blobNumber = blob.blobNumber
      const path = root + blobPath(blob.name)
      if (isRefill && ports.published.has(path)) continue
      await publishBlob(ports, path, blob.name)
    }
    await ports.breathe()
    if (ports.folder.unsynced() >= maxUnsyncedFiles) await ports.folder.sync()
  }
}

async function publishBlob(
  { folder, blobFile, readBlob }: PublisherPorts,
  path: string,
  name: string,
): Promise<void> {
  const file = folder.copy === undefined ? undefined : blobFile?.(name)
  if (file !== undefined) return folder.copy?.(path, file)
  const bytes = readBlob(name)
  if (bytes !== undefined) await folder.write(path, bytes)
}
