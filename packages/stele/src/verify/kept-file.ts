// The file that keeps a log's checkpoint. Anything may have happened to it: what is not exactly in its form is passed over.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { KeptLog } from '@stele/audit/report'
import { maxKeptFileBytes } from './limits.ts'

/** What is kept of a log, and the seal of its replay. Files of releases that named no place have an empty one. */
type KeptFile = KeptLog & { readonly snapshot: string | null }

/** The latest time that a date can have, in milliseconds since 1970. */
const maxTimeMs = 8_640_000_000_000_000
/** 32 bytes in base64, and in hex. */
const [base64Hash, hexHash] = [/^[A-Za-z0-9+/]{43}=$/, /^[0-9a-f]{64}$/]
const vkey = /^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/

/** The file's text. */
export function formatKept(log: KeptLog, snapshot: string | null): string {
  return `${JSON.stringify({ v: 1, ...log, snapshot }, undefined, 2)}\n`
}

/** What the file keeps; undefined where there is none, or what is there is not in its form: of that `warn` is told. */
export function readKept(path: string, warn: (warning: string) => void): KeptFile | undefined {
  const file = openRegular(path)
  if (file === undefined) return undefined
  try {
    const kept = file === 'odd' ? undefined : parseKept(readText(file))
    if (kept === undefined) warn(oddFile(path))
    return kept
  } finally {
    if (file !== 'odd') closeSync(file)
  }
}

/** What the user is told of a file that is passed over. */
export function oddFile(path: string): string {
  return `"${path}" is not what a verification keeps, so it was not compared with`
}

/** Opens a file to be read; `odd` where it cannot be, or is no regular file: a pipe could keep its reader waiting. */
export function openRegular(path: string): number | 'odd' | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return isAbsent ? undefined : 'odd'
  }
  if (fstatSync(file).isFile()) return file
  closeSync(file)
  return 'odd'
}

/** Undefined where it is longer than it can be. */
function readText(file: number): string | undefined {
  const bytes = Buffer.alloc(maxKeptFileBytes + 1)
  let size = 0
  while (size < bytes.length) {
    const count = readSync(file, bytes, size, bytes.length - size, null)
    if (count === 0) return bytes.toString('utf8', 0, size)
    size += count
  }
  return undefined
}

function parseKept(text: string | undefined): KeptFile | undefined {
  const value = parseJson(text ?? '')
  if (typeof value !== 'object' || value === null) return undefined
  const {
    v,
    origin,
    key,
    size,
    root,
    stateRoot,
    note,
    place = '',
    verifiedMs,
    snapshot,
  }: Record<string, unknown> = { ...value }
  if (v !== 1 || !isText(origin) || !isText(note) || !isText(place)) return undefined
  if (!isText(key, vkey) || !isText(root, base64Hash) || !isText(stateRoot, hexHash))
    return undefined
  if (!isNumber(size, 1, Number.MAX_SAFE_INTEGER) || !Number.isInteger(size)) return undefined
  if (!isNumber(verifiedMs, 0, maxTimeMs)) return undefined
  if (snapshot !== null && !isText(snapshot, hexHash)) return undefined
  if (!note.startsWith(`${origin}\n${size}\n${root}\n`)) return undefined // It would be compared with what nobody signed.
  return { origin, key, size, root, stateRoot, note, place, verifiedMs, snapshot }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isText(value: unknown, form = /^/): value is string {
  return typeof value === 'string' && form.test(value)
}

function isNumber(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && value >= min && value <= max
}
