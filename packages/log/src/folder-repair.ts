// Writes what a public folder lacks of what was published into it, and what a plan says is wrong there.
import { createHash } from 'node:crypto'
import { bundleWidth } from '@stele/entries/parts'
import { blobPath, bundleKinds, bundlePath, logFolder as root } from '@stele/entries/paths'
import { bundlesOf, tilePath, tilesOf } from '@stele/tlog/tiles'
import { refuseRollback, whereFolderIs } from './folder-guard.ts'
import type { DamagedFile, Finding, Repaired, RepairOptions, RepairPlan } from './folder-plan.ts'
import { hashedAtOnceBytes, maxUnsyncedFiles } from './limits.ts'
import { makeBundle } from './log-files.ts'
import { publishBundle, publishTile } from './publish-pieces.ts'
import type { PublisherPorts } from './publisher-ports.ts'
import { areEntriesProven } from './store-proof.ts'

/** What was replaced, and what the store has the wrong bytes of. `blobNumber`: all blobs up to it are there. */
export type RepairedFiles = Pick<Repaired, 'replaced' | 'takenDown' | 'unproven'> & {
  readonly blobNumber: number
}

/** Does it, up to where the last publication was: the next one does the rest. What it wrote is durable. */
export async function repairFolder(
  ports: PublisherPorts,
  { damaged, outdated }: RepairPlan,
  { replace }: RepairOptions,
): Promise<RepairedFiles> {
  const head = ports.head()
  if (head === undefined) throw new Error('There is no log to publish')
  refuseRollback(ports, head) // Somebody may have put another folder there since the plan was made.
  const unproven: Finding[] = []
  const { size } = whereFolderIs(ports, ports.watermark())
  for (const file of outdated) await putRight(ports, file)
  let replaced = 0
  for (const file of replace ? damaged : []) {
    if (await putRight(ports, file)) replaced++
    else unproven.push({ path: file.path, problem: 'database' })
  }
  await writeMissingPieces(ports, size)
  const blobNumber = await writeMissingBlobs(ports, unproven)
  await ports.folder.sync()
  return { replaced, takenDown: outdated.length, unproven, blobNumber }
}

/** Puts what the log has in the place of a record bundle or blob. False where the store does not have it right. */
async function putRight(ports: PublisherPorts, file: DamagedFile): Promise<boolean> {
  const { files, folder, head, breathe } = ports
  const { path } = file
  if (file.isUnreadable) await folder.remove(path) // It may be a folder: no file takes the place of one.
  if ('bundle' in file) {
    const bytes = makeBundle(files, head()?.size ?? 0, file.bundle)
    if (bytes === undefined || !areEntriesProven(files, file.bundle)) return false
    await folder.write(path, bytes)
  } else {
    const bytes = ports.readBlob(file.blob)
    if (bytes === undefined) await folder.remove(path)
    else if (await isBlob(ports, file.blob, bytes)) await folder.write(path, bytes)
    else return false
  }
  await breathe()
  return true
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

async function writeMissingBlobs(ports: PublisherPorts, unproven: Finding[]): Promise<number> {
  let blobNumber = 0
  for (;;) {
    const blobs = ports.blobsAfter(blobNumber)
    if (blobs.length === 0) return blobNumber
    for (const blob of blobs) {
      blobNumber = blob.blobNumber
      const path = root + blobPath(blob.name)
      const bytes = ports.published.has(path) ? undefined : ports.readBlob(blob.name)
      if (bytes === undefined) continue
      if (await isBlob(ports, blob.name, bytes)) await ports.folder.write(path, bytes)
      else unproven.push({ path, problem: 'database' })
    }
    await syncMany(ports)
    await ports.breathe()
  }
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
