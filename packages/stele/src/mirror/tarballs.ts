// The tarballs of a mirror: those that are missing are fetched, some at a time, and each is compared with its digest before it counts.

import { hash } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { blobPath, logFolder, logRoot } from '@stele/entries/paths'
import { isSteleError, SteleError } from '@stele/errors'
import { encodeSegment } from '@stele/formats/names'
import { tarballFile } from '@stele/releases/release'
import type { Copied } from '../clone/clone-service.ts'
import { refuseLonger } from '../sources/fetch-blob.ts'
import { maxBytesAtOnce, maxServerFaults, tarballsAtOnce } from './limits.ts'
import type { MirroredRelease } from './releases.ts'

/** What became of them. */
export type TarballsCopied = {
  readonly fetched: number
  readonly fetchedBytes: number
  /** What the registry does not give, though no takedown names it: `name@version`, and blobs that a replay reads; with the reason where it says one. */
  readonly missing: readonly string[]
  /** Those of upstreams that it gives nobody: blocked, too young, or gone there. */
  readonly refused: number
}

/** Fetches what the folder does not have. `rehash`: what it has is compared with its digest as well. Throws `file_mismatch`. */
export async function copyTarballs(
  { layers, folder }: Copied,
  releases: readonly MirroredRelease[],
  { rehash }: { readonly rehash: boolean },
): Promise<TarballsCopied> {
  const { missing, orMissing } = createMissing()
  let [fetched, fetchedBytes, refused] = [0, 0, 0]
  const copy = async (release: MirroredRelease): Promise<void> => {
    const { name, version, sha512, sizeBytes, isObserved } = release
    const isNew = !isHeld(folder.root, release)
    const bytes = await orMissing(`${name}@${version}`, async () => {
      const here = isObserved && isNew ? undefined : await layers.fetchBlob(sha512, sizeBytes)
      return here ?? (isObserved ? fetchObserved({ layers, folder }, release) : undefined)
    })
    if (bytes === 'refused') refused++
    if (bytes instanceof Uint8Array) {
      if (isNew) [fetched, fetchedBytes] = [fetched + 1, fetchedBytes + sizeBytes]
    } else if (!isNew) folder.remove([logRoot + blobPath(sha512)]) // It was damaged, and is not listed any more.
  }
  const wanted = releases.filter((release) => rehash || !isHeld(folder.root, release))
  await sideBySide(wanted, copy)
  return { fetched, fetchedBytes, missing: missing.toSorted(), refused }
}

const statusOk = 200

/** A tarball of an upstream: from where the registry serves it, or from where another mirror has it. Throws `file_mismatch`. */
async function fetchObserved(
  { layers, folder }: Pick<Copied, 'layers' | 'folder'>,
  { name, version, sha512, sizeBytes }: MirroredRelease,
): Promise<Uint8Array | 'refused' | undefined> {
  const path = `/${encodeSegment(name)}/-/${tarballFile(name, version)}`
  const { status, bytes } = await layers.fetch(path, sizeBytes)
  if (status !== statusOk) return (await layers.fetchBlob(sha512, sizeBytes)) ?? 'refused'
  refuseLonger(path, bytes, sizeBytes)
  const found = hash('sha512', bytes)
  const facts = { entry: null, what: 'its SHA-512', found, wanted: sha512 }
  if (found !== sha512) throw new SteleError('file_mismatch', { path, ...facts })
  folder.put(blobPath(sha512), bytes, true)
  return bytes
}

type OrMissing = <Found>(
  what: string,
  fetch: () => Promise<Found | undefined>,
) => Promise<Found | undefined>

/** Notes what is not to be had. One file that a registry cannot read, or whose upstream is down, must not keep a mirror from all others. */
function createMissing(): { readonly missing: string[]; readonly orMissing: OrMissing } {
  const missing: string[] = []
  let faults = 0
  const orMissing: OrMissing = async (what, fetch) => {
    try {
      const found = await fetch()
      if (found === undefined) missing.push(what)
      return found
    } catch (error) {
      const isOfOne = isSteleError(error, 'server_refused') && ++faults <= maxServerFaults
      if (!isOfOne) throw error
      missing.push(`${what}: ${error.details.message}`)
      return undefined
    }
  }
  return { missing, orMissing }
}

/** Whether its tarball is in the folder, as long as it should be: it was compared before it got its name. */
export function isHeld(
  root: string,
  { sha512, sizeBytes }: Pick<MirroredRelease, 'sha512' | 'sizeBytes'>,
): boolean {
  const path = join(root, logFolder, blobPath(sha512))
  return statSync(path, { throwIfNoEntry: false })?.size === sizeBytes
}

type Sized = Pick<MirroredRelease, 'sha512' | 'sizeBytes'>

/** Fetches the blobs (hex SHA-512) that the folder does not have, or all. Gives those that are not to be had. Throws `file_mismatch`. */
export async function copyBlobs(
  { layers, folder }: Copied,
  blobs: readonly string[],
  { rehash }: { readonly rehash: boolean },
): Promise<readonly string[]> {
  const { missing, orMissing } = createMissing()
  const wanted = blobs.filter((blob) => rehash || !folder.has(logRoot + blobPath(blob)))
  const sized = wanted.map((sha512) => ({ sha512, sizeBytes: 0 }))
  await sideBySide(sized, async ({ sha512 }) => {
    await orMissing(`the blob ${sha512}`, () => layers.fetchBlob(sha512))
  })
  return missing.toSorted()
}

/** All of them, as many at a time as there is room for. The first failure ends it, when those that run are done. */
async function sideBySide<Item extends Sized>(
  releases: readonly Item[],
  copy: (release: Item) => Promise<void>,
): Promise<void> {
  const running = new Map<Item, Promise<void>>()
  let bytes = 0
  try {
    for (const release of new Map(releases.map((one) => [one.sha512, one])).values()) {
      while (running.size >= tarballsAtOnce || (bytes > maxBytesAtOnce && running.size > 0)) {
        await Promise.race(running.values())
      }
      bytes += release.sizeBytes
      const end = (): void => {
        bytes -= release.sizeBytes
        running.delete(release)
      }
      const one = copy(release).then(end)
      one.catch(() => undefined) // Whoever waits for it hears of it.
      running.set(release, one)
    }
    await Promise.all(running.values())
  } finally {
    await Promise.allSettled(running.values())
  }
}
