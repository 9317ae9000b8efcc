// What a real application of several hundred packages is installed from: its packuments and tarballs, recorded once from the
// registry that npm is configured with, by npm and pnpm themselves through a proxy that writes down what passes.
import { execFileSync } from 'node:child_process'
import { createHash, hash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { abbreviate } from '../../packages/formats/src/abbreviated.ts'
import type { JsonObject } from '../../packages/formats/src/json.ts'
import { type ClientName, clientNames, installApp } from './install-app.ts'
import { median } from './statistics.ts'
import { makeFolder, workFolder } from './work-folder.ts'

/** One recorded answer. `file` holds it, a packument compressed by gzip. */
type Recorded =
  | {
      readonly kind: 'packument'
      readonly name: string
      readonly form: 'full' | 'abbreviated'
      readonly file: string
    }
  | { readonly kind: 'tarball'; readonly path: string; readonly file: string }

/** All of them. In packuments `baseUrl` stands for the registry. */
export type Recording = {
  readonly folder: string
  readonly answers: readonly Recorded[]
  /** How long the registry took until an answer began, the median, ms. */
  readonly latencyMs: number
  readonly baseUrl: string
}

const appFolder: string = fileURLToPath(new URL('../app', import.meta.url))
const baseUrl = 'http://recorded.invalid'
const indexFile = 'index.json'

/** The recording, which is made first where there is none of this application. */
export async function openRecording(): Promise<Recording> {
  const digest = createHash('sha256')
  for (const file of ['package.json', 'package-lock.json']) {
    digest.update(readFileSync(join(appFolder, file)))
  }
  const folder = join(workFolder, `app-${digest.digest('hex').slice(0, 12)}`)
  if (!existsSync(folder)) await record(folder)
  const index: Omit<Recording, 'folder' | 'baseUrl'> = JSON.parse(
    readFileSync(join(folder, indexFile), 'utf8'),
  )
  return { folder, baseUrl, ...index }
}

/** A copy of the application to install, without modules. */
export function copyApp(to: string): void {
  mkdirSync(to, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) {
    cpSync(join(appFolder, file), join(to, file))
  }
}

async function record(folder: string): Promise<void> {
  const source = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' })
    .trim()
    .replace(/\/$/, '')
  console.log(`Recording the application from the registry that npm is configured with, once`)
  const { path } = makeFolder()
  const recorded = join(path, 'recorded')
  mkdirSync(recorded, { recursive: true })
  const answers = new Map<string, Recorded>()
  const waits: number[] = []
  const server = createServer((request, response) => {
    pass({ request, response, source, folder: recorded, answers, waits }).catch((error: unknown) =>
      response.writeHead(502).end(String(error)),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  for (const client of clientNames) await recordBy(client, join(path, client), port)
  server.closeAllConnections()
  server.close()
  const index = { answers: [...answers.values()], latencyMs: median(waits) }
  writeFileSync(join(recorded, indexFile), JSON.stringify(index))
  renameSync(recorded, folder)
}

async function recordBy(client: ClientName, place: string, port: number): Promise<void> {
  copyApp(join(place, 'app'))
  const url = `http://127.0.0.1:${port}`
  await installApp(client, { home: join(place, 'home'), app: join(place, 'app'), url })
}

type Passing = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly source: string
  readonly folder: string
  readonly answers: Map<string, Recorded>
  readonly waits: number[]
}

/** Passes one GET on, and writes its answer down. */
async function pass({ request, response, source, folder, answers, waits }: Passing): Promise<void> {
  const path = request.url ?? '/'
  const { accept = '*/*', host } = request.headers
  const startMs = performance.now()
  const answer = await fetch(source + path, { headers: { accept } })
  waits.push(performance.now() - startMs)
  const body = Buffer.from(await answer.arrayBuffer())
  const type = answer.headers.get('content-type') ?? ''
  if (request.method !== 'GET' || answer.status !== 200) {
    response.writeHead(answer.status, { 'content-type': type }).end(body)
    return
  }
  if (path.includes('/-/')) {
    const file = hash('sha256', path).slice(0, 24)
    writeFileSync(join(folder, file), body)
    answers.set(file, { kind: 'tarball', path, file })
    response.writeHead(200, { 'content-type': type }).end(body)
    return
  }
  const text = body.toString('utf8')
  const name = decodeURIComponent(path.slice(1))
  const full: Packument = JSON.parse(text.replaceAll(source, baseUrl))
  for (const form of ['full', 'abbreviated'] as const) {
    const document = form === 'full' ? full : shorten(full)
    const file = hash('sha256', `${form} ${name}`).slice(0, 24)
    writeFileSync(join(folder, file), gzipSync(JSON.stringify(document)))
    answers.set(file, { kind: 'packument', name, form, file })
  }
  response
    .writeHead(200, { 'content-type': type })
    .end(text.replaceAll(source, `http://${host ?? ''}`))
}

type Packument = {
  readonly name: string
  readonly 'dist-tags': object
  readonly versions: Readonly<Record<string, JsonObject>>
  readonly time: { readonly modified?: string }
}

/** The abbreviated form, as registries serve it; not every registry does. */
function shorten({ name, 'dist-tags': tags, versions, time }: Packument): object {
  const short = Object.entries(versions).map(([version, one]) => [version, abbreviate(one)])
  return {
    name,
    'dist-tags': tags,
    versions: Object.fromEntries(short),
    ...(time.modified === undefined ? {} : { modified: time.modified }),
  }
}
