// Writes tarballs for tests: small, deterministic, and able to write what no decent program would.
import { gzipSync } from 'node:zlib'

/** One entry. `type` is the tar type flag (a file when absent); `mode` has file bits only, 0o644 when absent. */
export type TarEntry = {
  readonly path: string
  readonly content?: string | Uint8Array
  readonly mode?: number
  readonly type?: string
  readonly linkpath?: string
}

/** How the archive is written. */
export type TarOptions = {
  /** Put before every path; `package/` when absent. */
  readonly prefix?: string
  /** How paths that do not fit are written; `pax` when absent. */
  readonly longNames?: 'pax' | 'gnu' | 'ustar'
  /** False leaves the two empty blocks at the end away. */
  readonly end?: boolean
}

/** A gzipped tar archive of the entries, in their order. Paths get the prefix `package/` unless told otherwise. */
export function makeTarball(entries: readonly TarEntry[], options: TarOptions = {}): Uint8Array {
  return new Uint8Array(gzipSync(makeTar(entries, options)))
}

/** The archive of makeTarball() before gzip. */
export function makeTar(entries: readonly TarEntry[], options: TarOptions = {}): Uint8Array {
  const { prefix = 'package/', longNames = 'pax', end = true } = options
  const blocks = entries.flatMap((entry) => {
    const path = `${prefix}${entry.path}`
    return [...longName(path, longNames), ...writeEntry({ ...entry, path }, longNames)]
  })
  return new Uint8Array(Buffer.concat([...blocks, Buffer.alloc(end ? 1024 : 0)]))
}

/**
 * A package's tarball: package.json made of the manifest, then the files (path to content).
 * `index.js` is added when no files are given.
 */
export function makePackage(
  manifest: { readonly name: string; readonly version: string; readonly [member: string]: unknown },
  files: Readonly<Record<string, string | Uint8Array>> = { 'index.js': 'export {}\n' },
): Uint8Array {
  const entries = Object.entries(files).map(([path, content]) => ({ path, content }))
  const packageJson = { path: 'package.json', content: `${JSON.stringify(manifest, null, 2)}\n` }
  return makeTarball([packageJson, ...entries])
}

const nameBytes = 100

function longName(path: string, form: 'pax' | 'gnu' | 'ustar'): Buffer[] {
  const isShort = Buffer.byteLength(path) <= nameBytes
  if (isShort || form === 'ustar') return []
  if (form === 'gnu') return writeEntry({ path: '././@LongLink', type: 'L', content: `${path}\0` })
  return writeEntry({ path: 'PaxHeader', type: 'x', content: paxRecord('path', path) })
}

/** A record of an extended header: its length counts itself. */
export function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + String(rest).length
  if (rest + String(length).length > length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

function writeEntry(entry: TarEntry, form: 'pax' | 'gnu' | 'ustar' = 'pax'): Buffer[] {
  const content = Buffer.from(entry.content ?? '')
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512)
  return [writeHeader(entry, content.length, form), content, padding]
}

function writeHeader(entry: TarEntry, size: number, form: 'pax' | 'gnu' | 'ustar'): Buffer {
  const header = Buffer.alloc(512)
  const path = Buffer.from(entry.path)
  const isSplit = form === 'ustar' && path.length > nameBytes
  const slash = isSplit ? path.indexOf('/', path.length - nameBytes - 1) : -1
  path.copy(header, 0, slash + 1, slash + 1 + nameBytes)
  header.write(octal(entry.mode ?? 0o644, 7), 100)
  header.write(octal(0, 7), 108)
  header.write(octal(0, 7), 116)
  header.write(octal(size, 11), 124)
  header.write(octal(499162500, 11), 136) // The time that npm gives every file: 1985-10-26.
  header.write(entry.type ?? '0', 156, 'latin1')
  header.write(entry.linkpath ?? '', 157, nameBytes)
  header.write('ustar\u000000', 257, 'latin1')
  if (slash > 0) path.copy(header, 345, 0, slash)
  return sealHeader(header)
}

/** Writes the checksum into a header block, which is changed. */
export function sealHeader(header: Buffer): Buffer {
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 6)}\0 `, 148, 'latin1')
  return header
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}
