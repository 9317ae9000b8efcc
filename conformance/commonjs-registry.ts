// A registry of CommonJS Packages/Registry 1.0 that is not Stele: it says what it is told to, and knows who asked.
import { once } from 'node:events'
import { createServer } from 'node:http'

/** What it answers: JSON, bytes, or the address that it sends on to. */
export type Documents = {
  readonly [path: string]: object | Uint8Array | { readonly location: string }
}

/** A running registry. `root` is the address of its root. */
export type CommonJsRegistry = AsyncDisposable & {
  readonly root: string
  /** `<path> <credentials or ->` of each request. */
  readonly asked: readonly string[]
}

/** Paths are below the root, decoded; documents are made once its address is known. */
export async function startCommonJsRegistry(
  documentsOf: (root: string) => Documents,
): Promise<CommonJsRegistry> {
  const asked: string[] = []
  let documents: Documents = {}
  const server = createServer(({ url = '', headers }, reply) => {
    asked.push(`${url} ${headers.authorization ?? '-'}`)
    const path = decodeURIComponent(url.replace(/\?.*$/, '').replace(/^\/root/, ''))
    const found = documents[path]
    reply.setHeader('content-type', 'application/json')
    if (found === undefined) reply.writeHead(404).end('{"error":"There is no such package"}')
    else if (found instanceof Uint8Array) reply.end(found)
    else if ('location' in found) reply.writeHead(302, { location: String(found.location) }).end()
    else reply.end(JSON.stringify(found))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const root = `http://127.0.0.1:${port}/root`
  documents = documentsOf(root)
  return {
    root,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
