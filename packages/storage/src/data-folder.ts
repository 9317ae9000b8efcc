// The data folder: its keys and its socket, and the lock that keeps a second process out.
import { hash, randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, lstatSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SteleError } from '@stele/errors'
import { writeDurably } from './durable.ts'
import { makeFolder, refuseForbidden } from './folders.ts'

/** What a data folder holds besides what is stored in it. */
export type DataPaths = {
  readonly root: string
  readonly keys: string
  readonly adminSocket: string
}

/** The paths inside the data folder at `root`. */
export function dataPaths(root: string): DataPaths {
  return {
    root,
    keys: join(root, 'keys'),
    adminSocket: adminSocket(root),
  }
}

/** Operating systems cut the names of sockets at 104 to 108 bytes; then it lies in a folder of its own below the temporary one. */
const maxSocketBytes = 100

function adminSocket(root: string): string {
  const path = join(root, 'admin.sock')
  if (Buffer.byteLength(path) <= maxSocketBytes) return path
  return join(tmpdir(), `stele-${hash('sha256', root).slice(0, 16)}`, 'admin.sock')
}

/** Makes the folder of the socket where it lies apart. Throws `data_invalid` where it is anyone else's, or open to others. */
export function openSocketFolder({ root, adminSocket: socket }: DataPaths): void {
  const path = dirname(socket)
  if (path === root) return
  makeFolder(path, { mode: 0o700 })
  const { uid, mode } = lstatSync(path)
  const isOwn = process.getuid === undefined || uid === process.getuid()
  if (isOwn && (mode & 0o077) === 0) return
  const reason = "it is not this user's alone, so nobody can be told apart on a socket in it"
  throw new SteleError('data_invalid', { path, reason })
}

/** Removes that folder again. */
export function closeSocketFolder({ root, adminSocket: socket }: DataPaths): void {
  if (dirname(socket) !== root) rmSync(dirname(socket), { recursive: true, force: true })
}

/** Holds the data folder until `release`, or until the process ends in whatever way. Throws `data_locked`. */
export function lockDataFolder(root: string): { readonly release: () => void } {
  makeFolder(root, { mode: 0o700 })
  const path = join(root, 'lock.db')
  refuseForbidden(path)
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE') // The operating system frees it with the process.
  } catch (cause) {
    db.close()
    if (isNotWritable(root)) {
      throw new SteleError('data_invalid', { path: root, reason: 'this user may not write in it' })
    }
    throw new SteleError('data_locked', { dir: root }, { cause })
  }
  return { release: () => db.close() }
}

function isNotWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return false
  } catch {
    return true
  }
}

/** The keys of a log. */
export type KeyName = 'log' | 'clock' | 'root'
const keySizeBytes = 32
const hex = /^[0-9a-f]{64}\n$/

/** The 32-byte seed of a key; made, readable by its owner only, where there is none yet and `make` allows it. */
export async function loadKey(
  folder: string,
  name: KeyName,
  { make }: { readonly make: boolean },
): Promise<Uint8Array> {
  const path = join(folder, `${name}.key`)
  if (!existsSync(path)) {
    const reason = 'the key is missing, and the log goes on with no other; restore it from a backup'
    if (!make) throw new SteleError('data_invalid', { path, reason })
    makeFolder(folder, { mode: 0o700 })
    const seed = randomBytes(keySizeBytes)
    await writeDurably(path, Buffer.from(`${seed.toString('hex')}\n`), { mode: 0o600 })
    return seed
  }
  return readKeyFile(path)
}

/** The 32-byte seed in a key's file. Throws `data_invalid`. */
export function readKeyFile(path: string): Uint8Array {
  if (!existsSync(path))
    throw new SteleError('data_invalid', { path, reason: 'there is no such file' })
  const text = readFileSync(path, 'utf8')
  if (!hex.test(text)) {
    throw new SteleError('data_invalid', { path, reason: 'it is not 64 hex digits and a newline' })
  }
  return Buffer.from(text.trim(), 'hex')
}
