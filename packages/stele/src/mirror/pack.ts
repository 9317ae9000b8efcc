// One file to carry a mirror across where no network goes: a tar with the log and its tarballs, and nothing else. What is made of them, the
// packuments, whoever unpacks it makes anew from what the log proves. So no name in the file is ever the name of a file on a disk.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { VerifyPorts } from '@stele/audit'
import { blobPath, logFolder } from '@stele/entries/paths'
import { SteleError } from '@stele/errors'
import { readHere } from '../clone/clone-service.ts'
import { copyBytes, maxPackedFiles, maxPathBytes } from './limits.ts'
import { type TarPlace, tarHeaders, tarPadding, walkTar } from './tar.ts'

/** What was packed. */
export type PackReport = {
  readonly file: string
  readonly origin: string
  readonly size: number
  readonly files: number
  readonly bytes: number
}

/** What packs hold. */
const packedPath = /^-\/log\/(?!.*\.\.)[a-z0-9./]+$/
/** Files that no copy is without, first in the pack. */
const firstFiles = ['key', 'checkpoint', 'head']

/** Writes a mirror's log and tarballs into one file, which is there when all of it is. Throws `mirror_impossible`, what the disk says. */
export function packMirror(dir: string, file: string, stop: AbortSignal): PackReport {
  const here = readHere(dir)
  if (here === undefined) {
    const reason = 'it holds no log. Give the folder that "stele mirror" made'
    throw new SteleError('mirror_impossible', { url: dir, reason })
  }
  const part = `${file}.part`
  const to = openSync(part, 'w')
  let [files, bytes] = [0, 0]
  try {
    for (const name of namesIn(dir)) {
      if (stop.aborted) throw new SteleError('mirror_stopped', { dir: file })
      bytes += writeFile(to, { name: logFolder + name, path: join(dir, logFolder, name) })
      files++
    }
    writeSync(to, tarPadding('end'))
    fsyncSync(to)
    renameSync(part, file)
  } finally {
    closeSync(to)
    rmSync(part, { force: true })
  }
  return { file, origin: here.origin, size: here.size, files, bytes }
}

function namesIn(dir: string): readonly string[] {
  const all = readdirSync(join(dir, logFolder), { recursive: true, withFileTypes: true })
  const names = all
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(join(dir, logFolder).length))
    .map((name) => name.replaceAll('\\', '/').replace(/^\//, ''))
    // What rsync has left half done, and other programs, is not of the log.
    .filter((name) => packedPath.test(logFolder + name))
  const others = names.filter((name) => !firstFiles.includes(name)).toSorted()
  return [...firstFiles.filter((name) => names.includes(name)), ...others]
}

function writeFile(
  to: number,
  { name, path }: { readonly name: string; readonly path: string },
): number {
  const from = openSync(path, 'r')
  try {
    const { size } = statSync(path)
    writeSync(to, tarHeaders(name, size))
    const buffer = Buffer.allocUnsafe(Math.min(copyBytes, Math.max(size, 1)))
    for (let at = 0; at < size; ) {
      const count = readSync(from, buffer, 0, Math.min(buffer.length, size - at), at)
      if (count === 0) throw new SteleError('data_invalid', { path, reason: 'it became shorter' })
      writeSync(to, buffer, 0, count)
      at += count
    }
    writeSync(to, tarPadding(size))
    return size
  } finally {
    closeSync(from)
  }
}

/** A pack that is open for reading. */
export type OpenPack = Disposable & {
  readonly fetch: VerifyPorts['fetch']
  /** Whether it holds the blob of this name (hex SHA-512). */
  readonly has: (sha512: string) => boolean
}

const [statusOk, statusNone] = [200, 404]

/** Opens a file that packMirror() wrote. What is in it is for whoever reads it to check. Throws `pack_invalid`. */
export function openPack(file: string): OpenPack {
  // A pipe would keep its reader waiting for ever.
  const from = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const refuse = refuserOf(file)
    const stats = fstatSync(from)
    if (stats.isDirectory()) throw refuse('it is a folder')
    if (!stats.isFile()) throw refuse('it can be read only once: save it as a file first')
    const places = readPlaces(from, refuse)
    return {
      has: (sha512) => places.has(logFolder + blobPath(sha512)),
      fetch: async (path, maxBytes) => {
        const place = places.get(path.slice(1))
        if (place === undefined) return { status: statusNone, bytes: new Uint8Array(0) }
        const bytes = Buffer.allocUnsafeSlow(Math.min(place.size, maxBytes + 1))
        for (let at = 0; at < bytes.length; ) {
          const count = readSync(from, bytes, at, bytes.length - at, place.at + at)
          if (count === 0) throw refuse('it is cut short')
          at += count
        }
        return { status: statusOk, bytes }
      },
      [Symbol.dispose]: () => closeSync(from),
    }
  } catch (error) {
    closeSync(from)
    throw error
  }
}

type Refuse = (reason: string) => SteleError

function refuserOf(file: string): Refuse {
  return (reason) => new SteleError('pack_invalid', { file, reason })
}

function readPlaces(from: number, refuse: Refuse): ReadonlyMap<string, TarPlace> {
  const places = new Map<string, TarPlace>()
  const read = (at: number, size: number): Buffer => {
    const bytes = Buffer.alloc(size)
    return bytes.subarray(0, readSync(from, bytes, 0, size, at))
  }
  for (const place of walkTar(read, { refuse, maxPathBytes })) {
    const { name } = place
    const shown = JSON.stringify(name.slice(0, 200))
    if (!packedPath.test(name)) throw refuse(`it holds ${shown}, which no mirror has`)
    if (places.has(name)) throw refuse(`it holds ${shown} twice`)
    if (places.size >= maxPackedFiles) throw refuse('it holds too many files')
    places.set(name, place)
  }
  if (!places.has(`${logFolder}key`)) throw refuse('it holds no log')
  return places
}
