// The recorded registry, served from memory by a process of its own: packuments by gzip with strong ETags, tarballs as
// they are. It says what it is asked for, and can take its time.
import { fork } from 'node:child_process'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { openRecording, type Recording } from './recorded-app.ts'

/** How it answers. With `copies` each package is there a second time, under the name that `copyName` gives it. */
type UpstreamOptions = { readonly latencyMs?: number; readonly copies?: boolean }

/** It runs. `taken` gives the requests since it was asked last. */
export type StaticUpstream = {
  readonly url: string
  readonly pid: number
  readonly names: readonly string[]
  readonly taken: () => Promise<readonly Asked[]>
  readonly stop: () => Promise<void>
}

/** A request as it came: path, Accept, and what it was answered with. */
export type Asked = { readonly path: string; readonly accept: string; readonly status: number }

/** Starts it, which takes a few seconds. */
export async function startUpstream(options: UpstreamOptions = {}): Promise<StaticUpstream> {
  await openRecording() // Made here, where its progress is seen.
  const child = fork(fileURLToPath(import.meta.url), ['serve', JSON.stringify(options)], {
    serialization: 'advanced',
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const [ready] = await once(child, 'message')
  const { url, names }: { readonly url: string; readonly names: readonly string[] } = ready
  return {
    url,
    names,
    pid: child.pid ?? 0,
    taken: async () => {
      child.send('taken')
      const [asked] = await once(child, 'message')
      return asked as readonly Asked[]
    },
    stop: async () => {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

/** The name of a package's copy: as long a document, and another package. */
function copyName(name: string): string {
  return name.startsWith('@') ? `@copy-${name.slice(1)}` : `copy-${name}`
}

type Ready = { readonly type: string; readonly body: Buffer; readonly etag: string }
const corgi = 'application/vnd.npm.install-v1+json'

if (process.argv[2] === 'serve' && process.send !== undefined) {
  const { latencyMs = 0, copies = false }: UpstreamOptions = JSON.parse(process.argv[3] ?? '{}')
  const recording = await openRecording()
  const asked: Asked[] = []
  const answers = new Map<string, Ready>()
  const server = createServer((request, response) => {
    const answerNow = (): unknown => asked.push(answer(answers, request, response))
    if (latencyMs === 0) answerNow()
    else setTimeout(answerNow, latencyMs)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`
  const names = fill(answers, recording, { url, copies })
  process.on('message', () => process.send?.(asked.splice(0)))
  process.on('disconnect', () => process.exit())
  process.send({ url, names })
}

function fill(
  answers: Map<string, Ready>,
  { folder, answers: recorded, baseUrl }: Recording,
  { url, copies }: { readonly url: string; readonly copies: boolean },
): readonly string[] {
  const names = new Set<string>()
  const read = (file: string): string => gunzipSync(readFileSync(join(folder, file))).toString()
  const modified = new Map<string, string>()
  for (const one of recorded) {
    if (one.kind === 'packument' && one.form === 'full')
      modified.set(one.name, lastTime(read(one.file)))
  }
  for (const one of recorded) {
    if (one.kind === 'tarball') {
      const bytes = readFileSync(join(folder, one.file))
      answers.set(one.path, ready('application/octet-stream', bytes))
      continue
    }
    const dated = dateIt(read(one.file), modified.get(one.name))
    const text = dated.replaceAll(baseUrl, url)
    const copy = copyName(one.name)
    const both = copies
      ? [[copy, text.replaceAll(`"name":"${one.name}"`, `"name":"${copy}"`)] as const]
      : []
    for (const [name, own] of [[one.name, text] as const, ...both]) {
      const type = one.form === 'full' ? 'application/json' : corgi
      answers.set(`${one.form} /${name}`, ready(type, gzipSync(own, { level: 4 })))
      names.add(name)
    }
  }
  return [...names]
}

type Packument = { readonly time?: Readonly<Record<string, string>> }

function lastTime(full: string): string {
  const { time = {} }: Packument = JSON.parse(full)
  return Object.values(time).toSorted().at(-1) ?? ''
}

/**
 * With the time of the last change, which npm's own registry tells and not every mirror does: without it pnpm asks for every
 * package twice, since it installs nothing that is younger than a day.
 */
function dateIt(text: string, modified = ''): string {
  const { time, ...rest }: Packument = JSON.parse(text)
  return JSON.stringify(
    time === undefined ? { modified, ...rest } : { ...rest, time: { modified, ...time } },
  )
}

function ready(type: string, body: Buffer): Ready {
  return { type, body, etag: `"${hash('sha256', body).slice(0, 24)}"` }
}

function answer(
  answers: ReadonlyMap<string, Ready>,
  { url = '', headers }: IncomingMessage,
  response: ServerResponse,
): Asked {
  const accept = headers.accept ?? ''
  const form = accept.includes(corgi) ? 'abbreviated' : 'full'
  const found = answers.get(url) ?? answers.get(`${form} ${decodeURIComponent(url)}`)
  const end = (status: number, head: object, body?: Buffer): Asked => {
    response.writeHead(status, { ...head }).end(body)
    return { path: url, accept, status }
  }
  if (found === undefined) return end(404, {}, Buffer.from('{"error":"not found"}'))
  const { type, body, etag } = found
  if (headers['if-none-match'] === etag) return end(304, { etag })
  const coding = type === 'application/octet-stream' ? {} : { 'content-encoding': 'gzip' }
  return end(200, { etag, 'content-type': type, 'content-length': body.length, ...coding }, body)
}
