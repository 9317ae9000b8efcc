// Writes what a public folder lacks of what was published into it, and what a plan says is wrong there.

import { createHash } from 'node:crypto'
import { bundleWidth } from '@stele/entries/parts'
import { blobPath, bundleKinds, bundlePath, logFolder as root } from '@stele/entries/paths'
import { reasonOf } from '@stele/errors'
import { bundlesOf, tilePath, tilesOf } from '@stele/tlog/tiles'
import { refuseRollback, whereFolderIs } from './folder-guard.ts'
import type {
  DamagedFile,
  Finding,
  Repaired,
  RepairOptions,
  RepairPlan,
  RepairPorts,
} from './folder-plan.ts'
import { hashedAtOnceBytes, maxUnsyncedFiles } from './limits.ts'
import { makeBundle } from './log-files.ts'
import { publishBundle, publishTile } from './publish-pieces.ts'
import type { PublisherPorts } from './publisher-ports.ts'
import { areEntriesProven } from './store-proof.ts'

/** What was replaced, and what the store has not got right. `blobNumber`: all blobs up to it were looked at. */
export type RepairedFiles = Pick<Repaired, 'replaced' | 'takenDown' | 'unproven'> & {
  readonly blobNumber: number
  /** Whether blobs are missing that were never published, so that no checkpoint may be that covers them. */
  readonly isHeldBack: boolean
}

/** Does it, up to where the last publication was: the next one does the rest. What it wrote is durable. */
export async function repairFolder(
  ports: RepairPorts,
  { damaged, outdated }: RepairPlan,
  { replace }: RepairOptions,
): Promise<RepairedFiles> {
  const head = ports.head()
  if (head === undefined) throw new Error('There is no log to publish')
  refuseRollback(ports, head) // Somebody may have put another folder there since the plan was made.
  const unproven: Finding[] = []
  const { size, blobNumber: publishedTo } = whereFolderIs(ports, ports.watermark())
  const putAllRight = async (files: readonly DamagedFile[]): Promise<number> => {
    let count = 0
    for (const file of files) {
      const fault = await putRight(ports, file)
      if (fault === undefined) count++
      else unproven.push(fault)
      await ports.breathe()
    }
    return count
  }
  const takenDown = await putAllRight(outdated)
  const replaced = replace ? await putAllRight(damaged) : 0
  const { blobNumber, missing } = await writeMissingBlobs(ports, unproven)
  const isHeldBack = missing > publishedTo
  await writeMissingPieces(ports, isHeldBack ? head.size : size) // No publication does the rest then.
  await ports.folder.sync()
  return { replaced, takenDown, unproven, blobNumber, isHeldBack }
}

/** Puts what the log has in the place of a record bundle or blob. Gives what is wrong where the store does not have it right. */
async function putRight(ports: RepairPorts, file: DamagedFile): Promise<Finding | undefined> {
  const { files, folder, head } = ports
  const { path } = file
  let bytes: Uint8Array | undefined
  if ('bundle' in file) {
    const isProven = await areEntriesProven(ports, file.bundle)
    bytes = isProven ? makeBundle(files, head()?.size ?? 0, file.bundle) : undefined
    if (bytes === undefined) return { path, problem: 'database' }
  } else {
    const blob = await readProven(ports, file.blob)
    if (blob === 'taken_down') {
      await folder.remove(path)
      return undefined
    }
    if (!(blob instanceof Uint8Array)) return { path, problem: 'database', ...blob }
    bytes = blob
  }
  if (file.isUnreadable) await folder.remove(path) // It may be a folder: no file takes the place of one.
  await folder.write(path, bytes)
  return undefined
}

/** Those that are full. The unfinished ones are at the right edge, which each start of publishing looks at. */
async function writeMissingPieces(ports: PublisherPorts, size: number): Promise<void> {
  const { published } = ports
  for (const tile of tilesOf(0, size)) {
    if (tile.width === bundleWidth && !published.has(root + tilePath(tile))) {
      await publishTile(ports, size, tile)
      await syncMany(ports)
    }
    await ports.breathe()
  }
  for (const place of bundlesOf(0, size)) {
    for (const kind of place.width === bundleWidth ? bundleKinds : []) {
      if (published.has(root + bundlePath(kind, place))) continue
      await publishBundle(ports, size, { ...place, kind })
      await syncMany(ports)
    }
    await ports.breathe()
  }
}

/** `missing`: the number of the last blob that the store has not got right, 0 where it has all. */
async function writeMissingBlobs(
  ports: RepairPorts,
  unproven: Finding[],
): Promise<{ readonly blobNumber: number; readonly missing: number }> {
  let [blobNumber, missing] = [0, 0]
  for (;;) {
    const blobs = ports.blobsAfter(blobNumber)
    if (blobs.length === 0) return { blobNumber, missing }
    for (const blob of blobs) {
      blobNumber = blob.blobNumber
      const path = root + blobPath(blob.name)
      if (ports.published.has(path)) continue
      const bytes = await readProven(ports, blob.name)
      if (bytes instanceof Uint8Array) await ports.folder.write(path, bytes)
      else if (bytes !== 'taken_down') {
        missing = blobNumber
        unproven.push({ path, problem: 'database', ...bytes })
      }
    }
    await syncMany(ports)
    await ports.breathe()
  }
}

/** The bytes that the blob's name says; else whether it was taken down, or that the store lacks it, and why that is known. */
async function readProven(
  ports: RepairPorts,
  name: string,
): Promise<Uint8Array | 'taken_down' | Pick<Finding, 'reason'>> {
  let bytes: Uint8Array | undefined
  try {
    bytes = ports.readBlob(name)
  } catch (error) {
    return { reason: reasonOf(error) }
  }
  if (bytes === undefined) return (await ports.takenDown.hasBlob(name)) ? 'taken_down' : {}
  return (await isBlob(ports, name, bytes)) ? bytes : {}
}

async function isBlob(
  { breathe }: PublisherPorts,
  name: string,
  bytes: Uint8Array,
): Promise<boolean> {
  const digest = createHash('sha512')
  for (let at = 0; at < bytes.length; at += hashedAtOnceBytes) {
    digest.update(bytes.subarray(at, at + hashedAtOnceBytes))
    await breathe()
  }
  return digest.digest('hex') === name
}

async function syncMany({ folder }: PublisherPorts): Promise<void> {
  if (folder.unsynced() >= maxUnsyncedFiles) await folder.sync()
}
