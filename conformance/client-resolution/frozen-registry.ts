// The registry that this machine is set up with, seen at one moment: each packument is fetched once, and shown to everybody alike.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { openRegistries, readConfig } from '../../packages/fetch/src/index.ts'
import type { Packument } from '../../packages/resolve/src/public/graph.ts'

/** A running one. */
export type FrozenRegistry = AsyncDisposable & {
  readonly url: string
  /** What was shown of a package; undefined of one that nobody asked for. */
  readonly shown: (name: string) => Packument | undefined
}

/** Starts it; versions that were published within the last two days are left out, since clients do not wait equally long for them. */
export async function startFrozenRegistry(folder: string): Promise<FrozenRegistry> {
  const registries = openRegistries(readConfig(folder))
  const asked = new Map<string, Promise<Packument | undefined>>()
  const shown = new Map<string, Packument>()
  const latestMs = Date.now() - 2 * 24 * 60 * 60 * 1000
  const find = async (name: string): Promise<Packument | undefined> => {
    try {
      const packument = settled(await registries.fullPackument(name), latestMs)
      for (const release of Object.values(packument.versions)) {
        Object.assign(release.dist, { tarball: registries.tarballAsk(release).url })
      }
      shown.set(name, packument)
      return packument
    } catch {
      return undefined
    }
  }
  const web = createServer((request, response) => {
    const name = decodeURIComponent((request.url ?? '/').slice(1))
    const found = asked.get(name) ?? find(name)
    asked.set(name, found)
    found.then(
      (packument) => {
        if (packument === undefined) return response.writeHead(404).end('{}')
        return response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify(packument))
      },
      () => response.destroy(),
    )
  })
  web.listen(0, '127.0.0.1')
  await once(web, 'listening')
  const address = web.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    shown: (name) => shown.get(name),
    async [Symbol.asyncDispose]() {
      registries.close()
      web.closeAllConnections()
      await new Promise((resolve) => web.close(resolve))
    },
  }
}

/** Without what is too young; tags that meant such a version mean the highest below it that is left. */
function settled(packument: Packument, latestMs: number): Packument {
  const { time = {}, versions, 'dist-tags': tags } = packument
  const isOld = (version: string): boolean => !(Date.parse(time[version] ?? '') > latestMs)
  const kept = Object.entries(versions).filter(([version]) => isOld(version))
  const left = new Set(kept.map(([version]) => version))
  const newest = kept.map(([version]) => version).filter((version) => !version.includes('-'))
  const meant = Object.entries(tags).flatMap(([tag, version]) => {
    if (left.has(version)) return [[tag, version] as const]
    const other = newest
      .toSorted((one, next) => one.localeCompare(next, 'en', { numeric: true }))
      .at(-1)
    return tag === 'latest' && other !== undefined ? [[tag, other] as const] : []
  })
  return {
    ...packument,
    versions: Object.fromEntries(kept),
    'dist-tags': Object.fromEntries(meant),
  }
}
