// A web server that shows files of a map, and other ones when it is told to: what stands at an address can be replaced.
import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'

/** A running one. */
export type FileServer = AsyncDisposable & {
  readonly url: string
  readonly show: (files: ReadonlyMap<string, Uint8Array>) => void
}

/** Shows these files, by their paths from "/" on. */
export async function startFiles(files: ReadonlyMap<string, Uint8Array>): Promise<FileServer> {
  let shown = files
  const server = await serve((request, response) => {
    const bytes = shown.get(new URL(request.url ?? '/', 'http://x').pathname)
    if (bytes === undefined) response.writeHead(404).end()
    else response.end(bytes)
  })
  return {
    ...server,
    show: (files) => {
      shown = files
    },
  }
}

/** Shows the files of a folder, as they are when they are asked for. */
export async function serveFolder(root: string): Promise<Omit<FileServer, 'show'>> {
  return serve((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x')
    readFile(join(root, decodeURIComponent(pathname))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    )
  })
}

/** Serves on a free port of this machine. */
export async function serve(answer: RequestListener): Promise<Omit<FileServer, 'show'>> {
  const web = createServer(answer)
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  const address = web.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      web.closeAllConnections()
      await new Promise((resolve) => web.close(resolve))
    },
  }
}
