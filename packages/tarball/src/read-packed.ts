// A tarball taken apart a piece at a time: what readTarball() says of it, in little memory, however much it unpacks to.
import { createHash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { type Entry, type Given, type Wanted, walkEntries } from './entries.ts'
import type { ListedFile } from './file-list.ts'
import { gunzipPieces, type Packed } from './gunzip.ts'
import { invalid } from './invalid.ts'
import { defaultLimits, maxKeptBytes, maxKeptTotalBytes, type TarballLimits } from './limits.ts'
import { describe, listFiles, selectFiles, type Tarball } from './read-tarball.ts'
import { chooseReadme, type Readme, readmeOf } from './readme.ts'

/** A tarball taken apart, its files without their contents. */
export type PackedTarball = Omit<Tarball, 'files'> & {
  readonly files: readonly ListedFile[]
  readonly readme: Readme | undefined
}

/** What readTarball() and findReadme() say of these bytes. Throws what they throw, and tarball_too_large for a package.json of over 1 MiB. */
export async function readPackedTarball(
  packed: Packed,
  limits?: Partial<TarballLimits>,
): Promise<PackedTarball> {
  const within = { ...defaultLimits, ...limits }
  const first = keepLikely()
  const entries = await walk(packed, within, first.keep)
  const listed = listFiles([...entries].map(([path, entry]) => describe(path, entry)))
  const readmePath = chooseReadme(listed.files)?.path
  const wanted = ['package.json', ...(readmePath === undefined ? [] : [readmePath])]
  checkPackageJson(entries.get('package.json'))
  const isThere = wanted.every((path) => entries.get(path)?.content !== undefined)
  const whole = isThere
    ? entries
    : await walk(packed, within, keepLast(entries, wanted, first.counts))
  const contentOf = (path: string): Buffer => {
    const content = whole.get(path)?.content
    if (content === undefined) throw new Error(`A file of a tarball was read differently`)
    return content
  }
  return {
    ...listed,
    packageJson: contentOf('package.json'),
    readme: readmePath === undefined ? undefined : readmeOf(readmePath, contentOf(readmePath)),
  }
}

/** What is looked at, in the root of a package. */
const likely = /^[^/]+\/(?:package\.json|readme(?:\.[^/]*)?)$/i

/** The first pass: keeps what is likely to be wanted, as long as it is little, and counts how often it comes. */
function keepLikely(): { readonly keep: Keep; readonly counts: ReadonlyMap<string, number> } {
  const counts = new Map<string, number>()
  let leftBytes = maxKeptTotalBytes
  const keep: Keep = (path, size) => {
    if (!likely.test(path)) return false
    counts.set(path, (counts.get(path) ?? 0) + 1)
    if (size > Math.min(maxKeptBytes, leftBytes)) return false
    leftBytes -= size
    return true
  }
  return { keep, counts }
}

function checkPackageJson(entry: Entry | undefined): void {
  if (entry === undefined) throw invalid('it has no package.json')
  if (entry.size <= maxKeptBytes) return
  const details = { what: 'the size of its package.json', limit: maxKeptBytes, found: entry.size }
  throw new SteleError('tarball_too_large', details)
}

/** The second pass: of each path the last that the archive has, by how it is called there. */
function keepLast(
  entries: ReadonlyMap<string, Entry>,
  paths: readonly string[],
  counts: ReadonlyMap<string, number>,
): Keep {
  const left = new Map(
    paths.map((path) => {
      const name = entries.get(path)?.path ?? path
      return [name, counts.get(name) ?? 0]
    }),
  )
  return (path) => {
    const count = left.get(path)
    if (count !== undefined) left.set(path, count - 1)
    return count === 1
  }
}

type Keep = (path: string, size: number) => boolean

async function walk(
  packed: Packed,
  limits: TarballLimits,
  keep: Keep,
): Promise<ReadonlyMap<string, Entry>> {
  const pieces = createPieces(gunzipPieces(packed, limits))
  const walking = walkEntries(limits)
  try {
    for (let step = walking.next(); ; ) {
      if (step.done === true) {
        await pieces.passAll() // What follows the archive's end still has to be gzip, within the limits.
        return selectFiles(step.value, limits)
      }
      step = walking.next(await give(pieces, step.value, keep))
    }
  } finally {
    await pieces.end()
  }
}

async function give(pieces: Pieces, { what, size, path }: Wanted, keep: Keep): Promise<Given> {
  const digest = what === 'content' ? createHash('sha256') : undefined
  const isKept = what === 'bytes' || (path !== undefined && keep(path, size))
  const kept: Uint8Array[] = []
  let given = 0
  while (given < size) {
    const piece = await pieces.next(size - given)
    if (piece === undefined) break
    given += piece.length
    digest?.update(piece)
    if (isKept) kept.push(piece)
  }
  const sha256 = digest?.digest('hex')
  return { size: given, sha256, content: isKept ? Buffer.concat(kept) : undefined }
}

type Pieces = {
  /** At most so many bytes of what comes next; undefined at the end. */
  readonly next: (maxBytes: number) => Promise<Uint8Array | undefined>
  readonly passAll: () => Promise<void>
  readonly end: () => Promise<unknown>
}

function createPieces(source: AsyncGenerator<Uint8Array>): Pieces {
  let rest: Uint8Array = new Uint8Array()
  const pull = async (): Promise<boolean> => {
    const { done, value } = await source.next()
    if (done !== true) rest = value
    return done !== true
  }
  return {
    next: async (maxBytes) => {
      while (rest.length === 0) if (!(await pull())) return undefined
      const piece = rest.subarray(0, maxBytes)
      rest = rest.subarray(piece.length)
      return piece
    },
    passAll: async () => {
      while (await pull());
    },
    end: () => source.return(undefined),
  }
}
