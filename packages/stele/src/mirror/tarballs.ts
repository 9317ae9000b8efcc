// The tarballs of a mirror: those that are missing are fetched, some at a time, and each is compared with its digest before it counts.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { blobPath, logFolder } from '@stele/entries/paths'
import type { Copied } from '../clone/clone-service.ts'
import { maxBytesAtOnce, tarballsAtOnce } from './limits.ts'
import type { MirroredRelease } from './releases.ts'

/** What became of them. */
export type TarballsCopied = {
  readonly fetched: number
  readonly fetchedBytes: number
  /** Those that the registry does not give, though no takedown names them: `name@version`. */
  readonly missing: readonly string[]
}

/** Fetches what the folder does not have. `rehash`: what it has is compared with its digest as well. Throws `file_mismatch`. */
export async function copyTarballs(
  { layers, folder }: Copied,
  releases: readonly MirroredRelease[],
  { rehash }: { readonly rehash: boolean },
): Promise<TarballsCopied> {
  const missing: string[] = []
  let [fetched, fetchedBytes] = [0, 0]
  const copy = async (release: MirroredRelease): Promise<void> => {
    const { name, version, sha512, sizeBytes } = release
    const isNew = !isHeld(folder.root, release)
    const bytes = await layers.fetchBlob(sha512, sizeBytes)
    if (bytes === undefined) missing.push(`${name}@${version}`)
    else if (isNew) [fetched, fetchedBytes] = [fetched + 1, fetchedBytes + sizeBytes]
  }
  const wanted = releases.filter((release) => rehash || !isHeld(folder.root, release))
  await sideBySide(wanted, copy)
  return { fetched, fetchedBytes, missing: missing.toSorted() }
}

/** Whether its tarball is in the folder, as long as it should be: it was compared before it got its name. */
export function isHeld(
  root: string,
  { sha512, sizeBytes }: Pick<MirroredRelease, 'sha512' | 'sizeBytes'>,
): boolean {
  const path = join(root, logFolder, blobPath(sha512))
  return statSync(path, { throwIfNoEntry: false })?.size === sizeBytes
}

/** All of them, as many at a time as there is room for. The first failure ends it, when those that run are done. */
async function sideBySide(
  releases: readonly MirroredRelease[],
  copy: (release: MirroredRelease) => Promise<void>,
): Promise<void> {
  const running = new Map<MirroredRelease, Promise<void>>()
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
