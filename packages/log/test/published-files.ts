// What lies in a public folder that is a map.
import type { PublishedFiles } from '../src/published.ts'

export function filesOf(files: ReadonlyMap<string, Uint8Array>): PublishedFiles {
  return {
    read: (path) => files.get(path),
    has: (path) => files.has(path) || [...files.keys()].some((one) => one.startsWith(`${path}/`)),
    pieces: async function* (path) {
      const bytes = files.get(path)
      if (bytes === undefined) throw new Error(`There is no ${path}`)
      yield bytes
    },
    list: (path) => {
      const below = [...files.keys()].filter((one) => one.startsWith(`${path}/`))
      return [...new Set(below.map((one) => one.slice(path.length + 1).split('/')[0] ?? ''))]
    },
  }
}
