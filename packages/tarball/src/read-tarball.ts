// A package's tarball taken apart: gzip, tar, the files that count, their digest. Everything in it is a stranger's.
import { hash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { type Entry, readEntries } from './entries.ts'
import { formatFileList, type ListedFile } from './file-list.ts'
import { gunzip } from './gunzip.ts'
import { invalid } from './invalid.ts'
import { defaultLimits, type TarballLimits } from './limits.ts'
import { stripPath } from './path.ts'

/** A file of a package. `path` is inside the package (`lib/a.js`), `sha256` lower-case hex. */
export type TarballFile = {
  readonly path: string
  /** 755 when any execute bit is set. */
  readonly mode: 644 | 755
  /** Bytes. */
  readonly size: number
  readonly sha256: string
  /** A view of the unpacked archive, not a copy: keeping it keeps the whole archive. */
  readonly content: Uint8Array
}

/** A tarball taken apart. */
export type Tarball = {
  /** Sorted by the bytes of their paths. */
  readonly files: readonly TarballFile[]
  /** SHA-256 of the file list, lower-case hex. */
  readonly filesDigest: string
  /** A line `<644|755> SP <size> SP <sha256> SP <path> LF` for each file. */
  readonly fileList: string
  /** Bytes of all files together. */
  readonly unpackedSize: number
  /** The content of the file `package.json`. */
  readonly packageJson: Uint8Array
}

/**
 * Takes a package's gzipped tar archive apart. The first path segment is dropped, the last of duplicate paths wins,
 * links and special files are left out. Spec: release.md, "Files digest".
 * Throws tarball_invalid, also when there is no package.json, and tarball_too_large.
 */
export function readTarball(bytes: Uint8Array, limits?: Partial<TarballLimits>): Tarball {
  const within = { ...defaultLimits, ...limits }
  const contents = selectFiles(readEntries(gunzip(bytes, within), within), within)
  const packageJson = contents.get('package.json')?.content
  if (packageJson === undefined) throw invalid('it has no package.json')
  const files = [...contents].map(([path, entry]) => {
    const { content = nothing } = entry
    return { ...describe(path, entry), content }
  })
  return { ...listFiles(files), packageJson }
}

const nothing = Buffer.alloc(0)

/** What a tarball's files are together. */
export function listFiles<File extends ListedFile>(
  files: readonly File[],
): Pick<Tarball, 'filesDigest' | 'fileList' | 'unpackedSize'> & {
  readonly files: readonly File[]
} {
  const { sorted, fileList } = formatFileList(files)
  return {
    files: sorted,
    filesDigest: hash('sha256', fileList, 'hex'),
    fileList,
    unpackedSize: files.reduce((sum, file) => sum + file.size, 0),
  }
}

/** Path inside the package to the last file of that path. */
export function selectFiles(entries: readonly Entry[], limits: TarballLimits): Map<string, Entry> {
  const files = new Map<string, Entry>()
  const folders = new Set<string>()
  for (const entry of entries) {
    if (entry.kind === 'folder') {
      folders.add(stripPath(entry.path.replace(/\/$/, '')))
      continue
    }
    const path = stripPath(entry.path)
    if (path !== '') files.set(path, entry)
    if (files.size > limits.maxFiles) {
      const details = { what: 'its number of files', limit: limits.maxFiles, found: files.size }
      throw new SteleError('tarball_too_large', details)
    }
  }
  checkFolders(files, folders)
  return files
}

/** Refuses a path that is both file and folder. */
function checkFolders(files: ReadonlyMap<string, Entry>, folders: ReadonlySet<string>): void {
  for (const folder of folders) if (files.has(folder)) throw bothKinds(folder)
  // With NUL for the slash, whatever is inside a path follows it directly, before all its longer neighbours.
  const keys = [...files.keys(), ...folders].map((path) => path.replaceAll('/', '\0')).sort()
  keys.forEach((key, index) => {
    if (!keys[index + 1]?.startsWith(`${key}\0`)) return
    const path = key.replaceAll('\0', '/')
    if (files.has(path)) throw bothKinds(path)
  })
}

function bothKinds(path: string): Error {
  return invalid(`the path "${path.slice(0, 512)}" is both a file and a folder`)
}

/** A file as the list tells of it. */
export function describe(
  path: string,
  { mode, size, content = nothing, sha256 }: Entry,
): ListedFile {
  const isExecutable = (mode & 0o111) !== 0
  return {
    path,
    mode: isExecutable ? 755 : 644,
    size,
    sha256: sha256 ?? hash('sha256', content, 'hex'),
  }
}
