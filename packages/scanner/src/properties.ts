// Property files of Java: what `java.util.Properties` reads, as far as an index of packages needs it.

/** The value of a key; undefined where there is none. The last one counts. */
export function readProperty(text: string, wanted: string): string | undefined {
  let value: string | undefined
  for (const line of logicalLines(text)) {
    const [, key = '', rest = ''] = /^((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)$/s.exec(line) ?? []
    if (unescape(key) === wanted) value = unescape(rest)
  }
  return value
}

/** Lines without comments, a backslash at the end of one joining it with the next. In linear time, whatever an archive holds. */
function logicalLines(text: string): readonly string[] {
  const lines: string[] = []
  let parts: string[] = []
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.replace(/^[ \t\f]+/, '')
    if (parts.length === 0 && (line === '' || /^[#!]/.test(line))) continue
    const isContinued = backslashesAtEnd(line) % 2 === 1
    parts.push(isContinued ? line.slice(0, -1) : line)
    if (isContinued) continue
    lines.push(parts.join(''))
    parts = []
  }
  return parts.length === 0 ? lines : [...lines, parts.join('')]
}

function backslashesAtEnd(line: string): number {
  let at = line.length
  while (line[at - 1] === '\\') at--
  return line.length - at
}

function unescape(text: string): string {
  return text.replaceAll(/\\(u[0-9a-fA-F]{4}|.)/gs, (_all, found: string) => {
    if (found.length === 5) return String.fromCharCode(Number.parseInt(found.slice(1), 16))
    return { n: '\n', r: '\r', t: '\t', f: '\f' }[found] ?? found
  })
}
