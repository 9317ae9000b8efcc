// What was seen of a package at an upstream, by chunks of lines.
import { list, read, readBlob } from './system.ts'

/** What was seen of a version: `<integrity> <SHA-256 of its record>`. The first line of it counts. */
export type Lines = (directory: string, version: string) => string | undefined

/** Each chunk is read once a call. */
export function createLines(): Lines {
  const chunks = new Map<string, string>()
  const textOfChunk = (path: string): string => {
    const text = chunks.get(path) ?? `\n${readBlob(read(path) ?? '')}`
    chunks.set(path, text)
    return text
  }
  return (directory, version) => {
    const start = `\n${version} `
    for (const n of list(`${directory}/seen`)) {
      const text = textOfChunk(`${directory}/seen/${n}`)
      const at = text.indexOf(start)
      if (at >= 0) return text.slice(at + start.length, text.indexOf('\n', at + 1))
    }
    return undefined
  }
}
