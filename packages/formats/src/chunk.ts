// Chunks: the lines by which versions seen at an upstream are pinned. Spec: release.md, "Observed" 1.
import { SteleError } from '@stele/errors'
import { checkIntegrity } from './integrity.ts'
import { maxChunkLines } from './limits.ts'
import { parseVersion, type Version } from './version.ts'

/** One version as it was seen: `recordDigest` is the SHA-256 of its record's text, 64 lower-case hex digits. */
export type ChunkLine = {
  readonly version: Version
  readonly integrity: string
  readonly recordDigest: string
}

/**
 * The chunk's text: a line `<version> SP <integrity> SP <record digest> LF` each, sorted by the version's bytes.
 * Versions are listed once; integrities and digests were checked before. Throws chunk_invalid.
 */
export function formatChunk(lines: readonly ChunkLine[]): string {
  if (lines.length > maxChunkLines) throw tooMany()
  const sorted = lines.toSorted((a, b) => (a.version < b.version ? -1 : 1))
  let text = ''
  sorted.forEach(({ version, integrity, recordDigest }, index) => {
    if (version === sorted[index - 1]?.version) throw outOfOrder(index)
    text += `${version} ${integrity} ${recordDigest}\n`
  })
  return text
}

/** The inverse of formatChunk(). Throws chunk_invalid, version_invalid, integrity_invalid. */
export function parseChunk(text: string): ChunkLine[] {
  if (text === '') return []
  if (!text.endsWith('\n')) throw invalid(0, 'it does not end with a line feed')
  const rows = text.slice(0, -1).split('\n', maxChunkLines + 1)
  if (rows.length > maxChunkLines) throw tooMany()
  const lines = rows.map(parseLine)
  lines.forEach(({ version }, index) => {
    const before = lines[index - 1]
    if (before !== undefined && before.version >= version) {
      throw outOfOrder(index)
    }
  })
  return lines
}

function parseLine(row: string, index: number): ChunkLine {
  const [version = '', integrity = '', recordDigest = '', ...others] = row.split(' ', 4)
  if (others.length > 0 || !/^[0-9a-f]{64}$/.test(recordDigest)) {
    throw invalid(index + 1, 'wanted is "<version> <integrity> <64 hex digits>"')
  }
  checkIntegrity(integrity)
  return { version: parseVersion(version), integrity, recordDigest }
}

function tooMany(): SteleError {
  return invalid(0, `it has more than ${maxChunkLines} lines`)
}

function outOfOrder(index: number): SteleError {
  return invalid(index + 1, 'its version is out of order or repeated')
}

function invalid(line: number, reason: string): SteleError {
  return new SteleError('chunk_invalid', { line, reason })
}
