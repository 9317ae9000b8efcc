// An upstream of our own over HTTP, that can be made to misbehave in every way that an upstream can.
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { makePackage } from '../packages/testkit/src/tarball.ts'

/** A release at the upstream. */
type UpstreamRelease = {
  readonly version: string
  readonly manifest?: { readonly [member: string]: unknown }
  /** Members of the package.json in the tarball, where they are others than the packument's. */
  readonly own?: { readonly [member: string]: unknown }
  /** What `index.js` holds. */
  readonly text?: string
}

/** How an address answers instead of as it should. */
export type Misbehaviour =
  | { readonly status: number }
  | { readonly body: Uint8Array }
  | { readonly cutAfter: number }
  /** Whatever a test writes; it is given what is there. */
  | { readonly answer: (response: ServerResponse, whole: Buffer) => unknown }
  /** All of it, in its time. */
  | { readonly chunkBytes: number; readonly everyMs: number }
  | { readonly hang: true }

/** The running upstream. */
export type EvilUpstream = AsyncDisposable & {
  readonly url: string
  /** The paths that were asked, in order, with `304` behind those that were answered so. */
  readonly asked: string[]
  /** The Authorization header of each request; empty: none. */
  readonly tokens: string[]
  /** Puts a package there, in place of what it was. */
  readonly put: (name: string, releases: readonly UpstreamRelease[]) => void
  /** Makes a path misbehave; undefined ends that. */
  readonly spoil: (path: string, how: Misbehaviour | undefined) => void
  /** Answers nothing any more, and later again. */
  readonly setDown: (isDown: boolean) => void
}

/** Starts it on a free port. */
export async function startEvilUpstream(): Promise<EvilUpstream> {
  const files = new Map<string, { readonly type: string; readonly body: Buffer }>()
  const spoiled = new Map<string, Misbehaviour>()
  const asked: string[] = []
  const tokens: string[] = []
  let isDown = false
  const server = createServer((request, response) => {
    if (isDown) {
      request.socket.destroy()
      return
    }
    const path = decodeURIComponent(request.url ?? '')
    asked.push(path)
    tokens.push(request.headers.authorization ?? '')
    const how = spoiled.get(path)
    const file = files.get(path)
    if (how !== undefined) void misbehave(how, file?.body, response)
    else if (file === undefined) response.writeHead(404).end('{"error":"not found"}')
    else answer(file, request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('It listens nowhere')
  const url = `http://127.0.0.1:${address.port}`
  return {
    url,
    asked,
    tokens,
    put: (name, releases) => {
      for (const [path, file] of filesOf(url, name, releases)) files.set(path, file)
    },
    spoil: (path, how) => void (how === undefined ? spoiled.delete(path) : spoiled.set(path, how)),
    setDown: (now) => {
      isDown = now
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function answer(
  { type, body }: { readonly type: string; readonly body: Buffer },
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const etag = `"${hash('sha256', body).slice(0, 16)}"`
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag }).end()
    return
  }
  const isGzip =
    type === 'application/json' && /gzip/.test(request.headers['accept-encoding'] ?? '')
  const sent = isGzip ? gzipSync(body) : body
  const coding = isGzip ? { 'content-encoding': 'gzip' } : {}
  response
    .writeHead(200, { etag, 'content-type': type, 'content-length': sent.length, ...coding })
    .end(sent)
}

async function misbehave(
  how: Misbehaviour,
  body: Buffer | undefined,
  response: ServerResponse,
): Promise<void> {
  if ('hang' in how) return
  if ('status' in how) {
    response.writeHead(how.status).end('{"error":"spoiled"}')
    return
  }
  if ('body' in how) {
    response.writeHead(200, { 'content-length': how.body.length }).end(how.body)
    return
  }
  const whole = body ?? Buffer.alloc(0)
  if ('answer' in how) {
    how.answer(response, whole)
    return
  }
  response.writeHead(200, { 'content-length': whole.length })
  if ('cutAfter' in how) {
    response.write(whole.subarray(0, how.cutAfter), () => response.destroy())
    return
  }
  for (let at = 0; at < whole.length && !response.destroyed; at += how.chunkBytes) {
    response.write(whole.subarray(at, at + how.chunkBytes))
    await sleep(how.everyMs)
  }
  response.end()
}

function* filesOf(
  url: string,
  name: string,
  releases: readonly UpstreamRelease[],
): Iterable<readonly [string, { readonly type: string; readonly body: Buffer }]> {
  const versions: Record<string, object> = {}
  for (const { version, manifest = {}, own = manifest, text = `${name}@${version}` } of releases) {
    const source = `module.exports = ${JSON.stringify(text)}\n`
    const tarball = Buffer.from(makePackage({ name, version, ...own }, { 'index.js': source }))
    const path = `/${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`
    const integrity = `sha512-${hash('sha512', tarball, 'base64')}`
    const dist = { tarball: `${url}${path}`, integrity, shasum: hash('sha1', tarball) }
    versions[version] = { name, version, ...manifest, dist }
    yield [path, { type: 'application/octet-stream', body: tarball }]
  }
  const latest = releases.at(-1)?.version
  const document = {
    _id: name,
    name,
    'dist-tags': { latest },
    versions,
    time: {},
    readme: `# ${name}`,
  }
  yield [`/${name}`, { type: 'application/json', body: Buffer.from(JSON.stringify(document)) }]
}
