// The lines of the chunks that were seen of a package. The first line of a version counts (spec/release.md, "Observed" 2).

/** What was seen of a version: its integrity, and the SHA-256 of its record, hex. */
export type SeenLine = { readonly integrity: string; readonly recordDigest: string }

/** Version to its first line. The chunks were checked when they were made: what is no line is passed over. */
export function readLines(chunks: readonly string[]): ReadonlyMap<string, SeenLine> {
  const lines = new Map<string, SeenLine>()
  for (const chunk of chunks) {
    for (const line of chunk.split('\n')) {
      const [version = '', integrity = '', recordDigest = ''] = line.split(' ', 3)
      if (recordDigest !== '' && !lines.has(version))
        lines.set(version, { integrity, recordDigest })
    }
  }
  return lines
}
