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

/** Lines without comments, a backslash at the end of one joining it with the next. */
function logicalLines(text: string): readonly string[] {
  const lines: string[] = []
  let begun: string | undefined
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.replace(/^[ \t\f]+/, '')
    if (begun === undefined && (line === '' || /^[#!]/.test(line))) continue
    const whole: string = (begun ?? '') + line
    const isContinued = (/\\*$/.exec(whole)?.[0].length ?? 0) % 2 === 1
    begun = isContinued ? whole.slice(0, -1) : undefined
    if (!isContinued) lines.push(whole)
  }
  return begun === undefined ? lines : [...lines, begun]
}

function unescape(text: string): string {
  return text.replaceAll(/\\(u[0-9a-fA-F]{4}|.)/gs, (_all, found: string) => {
    if (found.length === 5) return String.fromCharCode(Number.parseInt(found.slice(1), 16))
    return { n: '\n', r: '\r', t: '\t', f: '\f' }[found] ?? found
  })
}
