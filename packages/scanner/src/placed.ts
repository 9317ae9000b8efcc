// Files of located packages, read from where they lie when somebody asks for them. Only what is still the bytes that the log
// knows is given.
import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isSteleError } from '@stele/errors'
import type { ListedFile } from '@stele/tarball'
import type { Distribution, Finding, Place } from './finding.ts'
import { bytesAtOnce, maxScannedArchiveBytes } from './limits.ts'
import { filesBelow } from './read-archive.ts'
import { sorted, tarballOfZip } from './read-package.ts'
import { readZip } from './read-zip.ts'
import { writePlainTarball } from './write-tarball.ts'

/** A file of a package. */
export type PackageFile = ListedFile & { readonly content: Uint8Array }

/** What is known of a package's files: the list that the log vouches for, and the package.json, which may be in no folder. */
export type KnownFiles = {
  readonly files: ReadonlyMap<string, ListedFile>
  readonly packageJson: Uint8Array
}

/** One file, which is in the list; undefined where it is not what the list says any more. */
export async function readPlacedFile(
  place: Place,
  known: KnownFiles,
  listed: ListedFile,
): Promise<PackageFile | undefined> {
  if (listed.path === 'package.json') return { ...listed, content: known.packageJson }
  if (place.kind === 'archive') {
    const all = await readArchived(place, known)
    return all?.find(({ path }) => path === listed.path)
  }
  const content = await readRight(join(place.path, listed.path), listed)
  return content && { ...listed, content }
}

/** All files; undefined where one of them is not what the list says any more. They are all held: see how many bytes they are first. */
export async function readPlacedFiles(
  place: Place,
  known: KnownFiles,
): Promise<readonly PackageFile[] | undefined> {
  if (place.kind === 'archive') return readArchived(place, known)
  const found: PackageFile[] = []
  for (const one of known.files.values()) {
    const file = await readPlacedFile(place, known, one)
    if (file === undefined) return undefined
    found.push(file)
  }
  return found
}

/** The tarball, made again; undefined where it is not the one that the log knows any more. */
export async function readPlacedTarball(
  { name, version, place }: Pick<Finding, 'name' | 'version' | 'place'>,
  { integrity, zip }: Omit<Distribution, 'shasum'>,
  known: KnownFiles,
): Promise<Uint8Array | undefined> {
  const tarball = await (zip === undefined
    ? packFiles(place, known)
    : packZip({ name, version, place }, zip, known))
  if (tarball === undefined) return undefined
  await nextTurn() // To make it took a while, and so does this.
  return `sha512-${hash('sha512', tarball, 'base64')}` === integrity ? tarball : undefined
}

async function packFiles(place: Place, known: KnownFiles): Promise<Uint8Array | undefined> {
  const files = await readPlacedFiles(place, known)
  await nextTurn()
  return files && writePlainTarball(sorted(files))
}

async function packZip(
  { name, version, place }: Pick<Finding, 'name' | 'version' | 'place'>,
  zip: string,
  known: KnownFiles,
): Promise<Uint8Array | undefined> {
  const listed = known.files.get(zip)
  const file = listed && (await readPlacedFile(place, known, listed))
  if (file === undefined) return undefined
  return orNothing(() => tarballOfZip(file.content, { name, version }))
}

async function readArchived(
  { path, prefix }: Extract<Place, { kind: 'archive' }>,
  { files: known, packageJson }: KnownFiles,
): Promise<readonly PackageFile[] | undefined> {
  const bytes = await readWhole(path, maxScannedArchiveBytes)
  if (bytes === undefined) return undefined
  const entries = await orNothing(async () => filesBelow(await readZip(bytes), prefix))
  const byPath = new Map((entries ?? []).map((entry) => [entry.path, entry]))
  const found: PackageFile[] = []
  let hashedBytes = 0
  for (const listed of known.values()) {
    const content = listed.path === 'package.json' ? packageJson : byPath.get(listed.path)?.content
    if (content === undefined || !isRight(content, listed)) return undefined
    found.push({ ...listed, content })
    hashedBytes += content.length
    if (hashedBytes < bytesAtOnce) continue
    hashedBytes = 0
    await nextTurn()
  }
  return found
}

async function readRight(path: string, listed: ListedFile): Promise<Uint8Array | undefined> {
  const content = await readWhole(path, listed.size)
  return content !== undefined && isRight(content, listed) ? content : undefined
}

function isRight(content: Uint8Array, { size, sha256 }: ListedFile): boolean {
  return content.length === size && hash('sha256', content, 'hex') === sha256
}

/** A regular file of at most so many bytes. */
async function readWhole(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const found = await file.stat()
      if (!found.isFile() || found.size > maxBytes) return undefined
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch {
    return undefined // Whatever it is, it is not the file that was found here.
  }
}

async function orNothing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isSteleError(error)) return undefined
    throw error
  }
}
