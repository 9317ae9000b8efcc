// What lies in a public folder that is a map.
import type { PublishedFiles } from '../src/published.ts'

export function filesOf(files: ReadonlyMap<string, Uint8Array>): PublishedFiles {
  return {
    read: (path) => files.get(path),
    list: (path) => {
      const below = [...files.keys()].filter((one) => one.startsWith(`${path}/`))
      return [...new Set(below.map((one) => one.slice(path.length + 1).split('/')[0] ?? ''))]
    },
  }
}
