// A registry for clients: what the one that npm is configured with showed once, kept for ever and served from memory by a process of its
// own. So every client, on every day, resolves the same. It can take its time over each answer, and counts what it is asked.
import { execFileSync, fork } from 'node:child_process'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { abbreviate } from '../../packages/formats/src/abbreviated.ts'
import type { JsonObject } from '../../packages/formats/src/json.ts'
import { workFolder } from './work-folder.ts'

/** It runs. */
export type KeptRegistry = {
  readonly url: string
  /** Requests since this was asked last. */
  readonly taken: () => Promise<number>
  readonly setLatency: (latencyMs: number) => void
  readonly stop: () => Promise<void>
}

/** Starts it. */
export async function startKeptRegistry(): Promise<KeptRegistry> {
  const child = fork(fileURLToPath(import.meta.url), ['serve'])
  const [url] = await once(child, 'message')
  return {
    url,
    taken: async () => {
      child.send('taken')
      const [count] = await once(child, 'message')
      return Number(count)
    },
    setLatency: (latencyMs) => void child.send(latencyMs),
    stop: async () => {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

type Ready = {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
  readonly isGzip: boolean
}

const base = 'http://kept.invalid'
const corgi = 'application/vnd.npm.install-v1+json'
const folder = join(workFolder, 'registry')
const ready = new Map<string, Promise<Ready | undefined>>()
let latencyMs = 0
let taken = 0

if (process.argv[2] === 'serve' && process.send !== undefined) {
  mkdirSync(folder, { recursive: true })
  const source = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' })
    .trim()
    .replace(/\/$/, '')
  const server = createServer((request, response) => {
    taken += 1
    const answerNow = (): void => {
      answer(request, response, source).catch((error: unknown) => {
        console.error(String(error))
        response.writeHead(502).end()
      })
    }
    if (latencyMs === 0) answerNow()
    else setTimeout(answerNow, latencyMs)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  process.on('message', (message) => {
    if (typeof message === 'number') latencyMs = message
    else process.send?.(taken)
    taken = 0
  })
  process.on('disconnect', () => process.exit())
  process.send(`http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`)
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  source: string,
): Promise<void> {
  const path = decodeURIComponent((request.url ?? '/').split('?', 1)[0] ?? '/')
  if (request.method !== 'GET') {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
    return
  }
  const isShort = request.headers.accept?.includes(corgi) === true && !path.includes('/-/')
  const own = `http://${request.headers.host ?? ''}`
  const key = `${isShort ? 'short' : 'long'} ${path}`
  const made = ready.get(key) ?? make(path, { isShort, source, own })
  ready.set(key, made)
  const found = await made
  if (found === undefined) {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}')
    return
  }
  const { type, body, etag, isGzip } = found
  const headers = { 'content-type': type, etag, 'cache-control': 'public, max-age=300' }
  if (request.headers['if-none-match'] === etag) response.writeHead(304, headers).end()
  else if (isGzip && request.headers['accept-encoding']?.includes('gzip') !== true) {
    response.writeHead(200, headers).end(gunzipSync(body))
  } else {
    const coding = isGzip ? { 'content-encoding': 'gzip', vary: 'accept-encoding, accept' } : {}
    response.writeHead(200, { ...headers, ...coding, 'content-length': body.length }).end(body)
  }
}

type Making = { readonly isShort: boolean; readonly source: string; readonly own: string }

async function make(path: string, { isShort, source, own }: Making): Promise<Ready | undefined> {
  const file = join(folder, hash('sha256', path).slice(0, 32))
  if (!existsSync(file)) await keep(path, file, source)
  const bytes = readFileSync(file)
  if (bytes.length === 0) return undefined
  if (path.includes('/-/')) return readyOf('application/octet-stream', bytes, false)
  const text = gunzipSync(bytes).toString('utf8')
  const document = isShort ? JSON.stringify(shorten(JSON.parse(text))) : text
  const body = gzipSync(document.replaceAll(base, own), { level: 6 })
  return readyOf(isShort ? corgi : 'application/json', body, true)
}

function readyOf(type: string, body: Buffer, isGzip: boolean): Ready {
  return { type, body, etag: `"${hash('sha256', body).slice(0, 32)}"`, isGzip }
}

/** Asks once; what is not there is kept as an empty file. */
async function keep(path: string, file: string, source: string): Promise<void> {
  const found = await fetch(source + path.replace(/^\/(@[^/]+)\/([^/]+)$/, '/$1%2f$2'))
  if (!found.ok && found.status !== 404) throw new Error(`${path}: ${found.status}`)
  const body = Buffer.from(await found.arrayBuffer())
  const isTarball = path.includes('/-/')
  const kept = isTarball ? body : gzipSync(body.toString('utf8').replaceAll(source, base))
  writeFileSync(`${file}.new`, found.ok ? kept : '')
  renameSync(`${file}.new`, file)
}

type Packument = {
  readonly name: string
  readonly 'dist-tags': object
  readonly versions: Readonly<Record<string, JsonObject>>
  readonly time?: { readonly modified?: string; readonly [version: string]: string | undefined }
}

/** The abbreviated form, as registries serve it. */
function shorten({ name, 'dist-tags': tags, versions, time }: Packument): object {
  const short = Object.entries(versions).map(([version, one]) => [version, abbreviate(one)])
  // Registries always tell it, and clients go by it; one that they are kept from may not.
  const times = Object.values(time ?? {}).flatMap((at) => at ?? [])
  const modified = time?.modified ?? times.toSorted((one, other) => (one < other ? -1 : 1)).at(-1)
  return {
    name,
    'dist-tags': tags,
    versions: Object.fromEntries(short),
    ...(modified === undefined ? {} : { modified }),
  }
}
