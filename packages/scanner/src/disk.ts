// Looks at folders and reads files, following no link: the one file of this package that does.
import { createHash } from 'node:crypto'
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
} from 'node:fs'
import { join } from 'node:path'
import {
  maxPackageFiles,
  maxScannedDepth,
  maxZipNameBytes,
  maxZipPathBytes,
  pieceBytes,
} from './limits.ts'

/** A file or folder as it was seen. `mark` differs as soon as anything was done to it. */
export type Seen = { readonly mark: string; readonly changedMs: number }

/** A file below a folder. */
type SeenFile = Seen & {
  /** From the folder on, with slashes. */
  readonly path: string
  readonly mode: 644 | 755
  readonly sizeBytes: number
  readonly modifiedMs: number
}

/** All files below a folder, or why they cannot be a package's. */
export type SeenTree = {
  readonly files: readonly SeenFile[]
  readonly folders: readonly string[]
  /** Of all of it, the folders too. */
  readonly mark: string
  readonly changedMs: number
  readonly fault?: string
}

/** What lies in a folder: names of folders, and of regular files. Links and special files are left out; undefined where there is no folder. */
export function lookInto(
  folder: string,
): { readonly folders: readonly string[]; readonly files: readonly string[] } | undefined {
  try {
    if (!lstatSync(folder).isDirectory()) return undefined
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )
    return {
      folders: entries.filter((entry) => entry.isDirectory()).map(({ name }) => name),
      files: entries.filter((entry) => entry.isFile()).map(({ name }) => name),
    }
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** True for names that are no part of a package: what begins with a dot may be a secret or an editor's, and packages have their own folder. */
export function isLeftOut(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules'
}

/** Looks at all that a package at this folder has. */
export function seeTree(root: string): SeenTree {
  const files: SeenFile[] = []
  const folders: string[] = []
  const marks: string[] = []
  let changedMs = 0
  let fault: string | undefined

  function visit(path: string, depth: number): void {
    if (fault !== undefined) return
    const folder = path === '' ? root : join(root, path)
    const seen = see(folder)
    const entries = seen && lookInto(folder)
    if (seen === undefined || entries === undefined) {
      fault = `the folder "${shown(path)}" cannot be read`
      return
    }
    folders.push(folder)
    marks.push(seen.mark)
    changedMs = Math.max(changedMs, seen.changedMs)
    if (depth > maxScannedDepth) fault = `it has folders inside each other, over ${maxScannedDepth}`
    for (const name of entries.files) if (!isLeftOut(name)) visitFile(below(path, name))
    for (const name of entries.folders) if (!isLeftOut(name)) visit(below(path, name), depth + 1)
  }

  function visitFile(path: string): void {
    fault ??= pathFault(path)
    const found = fault === undefined ? statOf(join(root, path)) : undefined
    if (found?.isFile() !== true) return
    const seen = seenOf(found)
    const mode = (found.mode & 0o111n) === 0n ? 644 : 755
    const [sizeBytes, modifiedMs] = [Number(found.size), Number(found.mtimeMs)]
    files.push({ ...seen, path, mode, sizeBytes, modifiedMs })
    marks.push(`${path} ${seen.mark}`)
    changedMs = Math.max(changedMs, seen.changedMs)
    if (files.length > maxPackageFiles) fault = `it has more than ${maxPackageFiles} files`
  }

  visit('', 0)
  return {
    files,
    folders,
    mark: marks.join('\n'),
    changedMs,
    ...(fault === undefined ? {} : { fault }),
  }
}

/** A file as it is now; undefined where there is none. */
export function seeFile(path: string): (Seen & { readonly sizeBytes: number }) | undefined {
  const found = statOf(path)
  return found?.isFile() === true ? { ...seenOf(found), sizeBytes: Number(found.size) } : undefined
}

/** The bytes of a file that is still the one that was seen; undefined where it is not, or has changed meanwhile. */
export function readSeen(
  path: string,
  seen: Seen & { readonly sizeBytes: number },
): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(seen.sizeBytes)
  let length = 0
  const isSame = eachPiece(path, seen, (piece) => {
    length += piece.copy(bytes, length)
  })
  return isSame && length === bytes.length ? bytes : undefined
}

/** The SHA-256 of such a file, in hex: of however large a one, little is in memory. */
export function digestSeen(path: string, seen: Seen): string | undefined {
  const digest = createHash('sha256')
  return eachPiece(path, seen, (piece) => digest.update(piece)) ? digest.digest('hex') : undefined
}

/** False where it is not the file that was seen, before or after. */
function eachPiece(path: string, { mark }: Seen, take: (piece: Buffer) => unknown): boolean {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (isAbsent(error) && !isForbidden(error)) return false
    throw error
  }
  try {
    const isSame = (): boolean => seenOf(fstatSync(file, { bigint: true })).mark === mark
    if (!isSame()) return false
    const piece = Buffer.allocUnsafe(pieceBytes)
    for (let count = readSync(file, piece); count > 0; count = readSync(file, piece)) {
      take(piece.subarray(0, count))
    }
    return isSame()
  } finally {
    closeSync(file)
  }
}

function see(path: string): Seen | undefined {
  const found = statOf(path)
  return found && seenOf(found)
}

function seenOf({ dev, ino, size, mode, mtimeNs, ctimeNs, mtimeMs, ctimeMs }: BigIntStats): Seen {
  const newest = mtimeMs > ctimeMs ? mtimeMs : ctimeMs
  return { mark: [dev, ino, size, mode, mtimeNs, ctimeNs].join(' '), changedMs: Number(newest) }
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true })
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** What went away meanwhile, or cannot be looked at, is not there. */
function isAbsent(error: unknown): boolean {
  const gone = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ESTALE']
  return gone.includes(codeOf(error)) || isForbidden(error)
}

/** True for the error of a file that is there, and that this user, or the disk, does not give. */
export function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EIO'].includes(codeOf(error))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** Where a folder really is, if a link leads to it; undefined where there is none. Only what the operator names is looked at so. */
export function realFolder(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

function pathFault(path: string): string | undefined {
  const isTooLong =
    Buffer.byteLength(path) > maxZipPathBytes ||
    path.split('/').some((name) => Buffer.byteLength(name) > maxZipNameBytes)
  if (isTooLong) return `the path "${shown(path)}" is too long`
  if (!/[\p{Cc}\\\uFFFD]/u.test(path)) return undefined
  return `the path "${shown(path)}" has a control character, a backslash, or is not in UTF-8`
}

function below(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

function shown(path: string): string {
  return path.slice(0, 200)
}
