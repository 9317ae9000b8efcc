// Paths of archives: which are refused, and what is left of them. Spec: release.md, "Files digest".
import { invalid } from './invalid.ts'
import { maxPathBytes, maxSegmentBytes } from './limits.ts'

/** The text of a path's bytes. Throws tarball_invalid when it is not UTF-8. */
export function decodePath(prefix: Uint8Array, name: Uint8Array): string {
  const path = decode(name)
  return prefix.length === 0 ? path : `${decode(prefix)}/${path}`
}

/**
 * The path without its first segment, and without segments that say nothing (`.`, empty); empty when it has no other. The whole path is
 * checked: what could leave the folder, forge a line of the file list or not be written to a disk is refused. Throws tarball_invalid.
 */
export function stripPath(path: string): string {
  if (path === '') throw invalid('a path is empty')
  if (path.startsWith('/')) throw refused(path, 'is absolute')
  if (path.endsWith('/')) throw refused(path, 'ends with a slash')
  if (/[\p{Cc}\\]/u.test(path)) throw refused(path, 'has a control character or a backslash')
  const [, ...segments] = path.split('/')
  for (const segment of path.split('/')) checkSegment(segment, path)
  const stripped = segments.filter((segment) => segment !== '' && segment !== '.').join('/')
  if (isLonger(stripped, maxPathBytes)) throw refused(path, `has more than ${maxPathBytes} bytes`)
  return stripped
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw invalid('a path is not UTF-8', cause)
  }
}

function checkSegment(segment: string, path: string): void {
  if (segment === '..') throw refused(path, 'has the segment ".."')
  if (isLonger(segment, maxSegmentBytes)) {
    throw refused(path, `has a segment of more than ${maxSegmentBytes} bytes`)
  }
}

/** A UTF-16 unit takes one to three bytes, so most texts need no counting. */
function isLonger(text: string, limitBytes: number): boolean {
  if (text.length > limitBytes) return true
  return text.length * 3 > limitBytes && Buffer.byteLength(text) > limitBytes
}

function refused(path: string, reason: string): Error {
  return invalid(`the path "${path.slice(0, 512)}" ${reason}`)
}
