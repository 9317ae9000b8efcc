// A web server that shows files of a map, and other ones when it is told to: what stands at an address can be replaced.
import { createServer } from 'node:http'

/** A running one. */
export type FileServer = AsyncDisposable & {
  readonly url: string
  readonly show: (files: ReadonlyMap<string, Uint8Array>) => void
}

/** Shows these files, by their paths from "/" on. */
export async function startFiles(files: ReadonlyMap<string, Uint8Array>): Promise<FileServer> {
  let shown = files
  const web = createServer((request, response) => {
    const bytes = shown.get(new URL(request.url ?? '/', 'http://x').pathname)
    if (bytes === undefined) response.writeHead(404).end()
    else response.end(bytes)
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  const address = web.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    show: (files) => {
      shown = files
    },
    async [Symbol.asyncDispose]() {
      web.closeAllConnections()
      await new Promise((resolve) => web.close(resolve))
    },
  }
}
