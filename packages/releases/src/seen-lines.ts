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

/** The first line of one version, in the bytes of those chunks; undefined where there is none. */
export function findLine(chunks: readonly Uint8Array[], version: string): SeenLine | undefined {
  for (const { buffer, byteOffset, length } of chunks) {
    const bytes = Buffer.from(buffer, byteOffset, length)
    const start = Buffer.from(`${version} `)
    let at = bytes.indexOf(start)
    while (at > 0 && bytes[at - 1] !== lineFeed) at = bytes.indexOf(start, at + 1)
    if (at < 0) continue
    const end = bytes.indexOf(lineFeed, at)
    return readLines([bytes.toString('utf8', at, end < 0 ? length : end)]).get(version)
  }
  return undefined
}

const lineFeed = 0x0a
