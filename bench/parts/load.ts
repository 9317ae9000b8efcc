// The load generator: a process of its own that prepares every request beforehand and then only writes and counts.
// Its own HTTP reader knows just what the two registries answer with: a length, or chunks.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { makeTarballOf, publishDocument, type ReleaseName } from './documents.ts'
import { quantile } from './statistics.ts'

/** What to send, over how many connections that each wait for an answer before the next request. */
export type Job = {
  readonly url: string
  readonly clients: number
  readonly work:
    | {
        readonly kind: 'publish'
        readonly token: string
        readonly releases: readonly ReleaseName[]
      }
    | {
        readonly kind: 'get'
        readonly path: string
        readonly headers: Readonly<Record<string, string>>
        readonly count: number
        /** The status that every answer must have. */
        readonly status: number
      }
    | {
        readonly kind: 'get-each'
        readonly paths: readonly string[]
        readonly headers: Readonly<Record<string, string>>
      }
    | {
        readonly kind: 'list'
        readonly requests: readonly ListedRequest[]
        readonly token?: string
      }
}

/** One request of a list: a GET, or a publish. A GET may be answered with 304. */
export type ListedRequest =
  | { readonly path: string; readonly headers: Readonly<Record<string, string>> }
  | { readonly release: ReleaseName }

/** What came of it. Latencies are of single requests. Every answer was as wanted, or running it threw. */
export type JobResult = {
  readonly requests: number
  readonly wallMs: number
  readonly generatorCpuMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly bytes: number
}

type Started = { readonly run: () => Promise<JobResult> }

/** Starts a generator and has it prepare the job; `run` then does it once. */
export async function prepareJob(job: Job): Promise<Started> {
  const child = fork(fileURLToPath(import.meta.url), ['generate'], { serialization: 'advanced' })
  const heard = async (): Promise<unknown> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => [{ failed: 'The generator ended' }]),
    ])
    if (typeof message === 'object' && 'failed' in message) throw new Error(message.failed)
    return message
  }
  const ready = heard()
  child.send(job)
  await ready
  return {
    run: async () => {
      const result = heard()
      child.send('go')
      const found = await result
      child.disconnect()
      return found as JobResult
    },
  }
}

if (process.argv[2] === 'generate' && process.send !== undefined) {
  const [job] = await once(process, 'message')
  try {
    const requests = requestsOf(job)
    process.send('ready')
    await once(process, 'message')
    process.send(await generate(job, requests))
  } catch (error) {
    process.send({ failed: String(error) })
  }
}

function requestsOf({ url, work }: Job): readonly Buffer[] {
  const { host } = new URL(url)
  if (work.kind === 'get') {
    const headers = { host, ...work.headers }
    const request = Buffer.from(formatHeaders(`GET ${work.path}`, headers))
    return Array.from({ length: work.count }, () => request)
  }
  if (work.kind === 'get-each') {
    const headers = { host, ...work.headers }
    return work.paths.map((path) => Buffer.from(formatHeaders(`GET ${path}`, headers)))
  }
  const { token = '' } = work
  if (work.kind === 'list') {
    return work.requests.map((one) =>
      'release' in one
        ? publishRequest(host, token, one.release)
        : Buffer.from(formatHeaders(`GET ${one.path}`, { host, ...one.headers })),
    )
  }
  return work.releases.map((release) => publishRequest(host, token, release))
}

function publishRequest(host: string, token: string, release: ReleaseName): Buffer {
  const body = publishDocument(release, makeTarballOf(release))
  const headers = {
    host,
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  }
  return Buffer.from(formatHeaders(`PUT /${release.name}`, headers) + body)
}

function formatHeaders(start: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${start} HTTP/1.1\r\n${lines.join('')}\r\n`
}

async function generate(
  { url, clients, work }: Job,
  requests: readonly Buffer[],
): Promise<JobResult> {
  const isWanted = (status: number): boolean =>
    work.kind === 'get'
      ? status === work.status
      : (status >= 200 && status < 300) || (work.kind === 'list' && status === 304)
  const { hostname, port } = new URL(url)
  const sockets = await Promise.all(Array.from({ length: clients }, () => open(hostname, port)))
  const latencies: number[] = []
  let [next, bytes] = [0, 0]
  const client = async (socket: Socket): Promise<void> => {
    const reader = createReader(socket)
    for (;;) {
      const request = requests[next++]
      if (request === undefined) return
      const start = performance.now()
      socket.write(request)
      const answer = await reader()
      latencies.push(performance.now() - start)
      bytes += answer.bytes
      if (!isWanted(answer.status)) throw new Error(`Status ${answer.status}: ${answer.text()}`)
    }
  }
  const [startMs, startCpu] = [performance.now(), process.cpuUsage()]
  await Promise.all(sockets.map(client))
  const wallMs = performance.now() - startMs
  const { user, system } = process.cpuUsage(startCpu)
  for (const socket of sockets) socket.destroy()
  return {
    requests: requests.length,
    wallMs,
    generatorCpuMs: (user + system) / 1000,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    bytes,
  }
}

async function open(host: string, port: string): Promise<Socket> {
  const socket = connect({ host, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  return socket
}

type Answer = { readonly status: number; readonly bytes: number; readonly text: () => string }

/** Reads one answer at a time. */
function createReader(socket: Socket): () => Promise<Answer> {
  let chunks: Buffer[] = []
  let [size, wanted] = [0, Number.NaN]
  let settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.length
    if (Number.isNaN(wanted)) wanted = answerSize((chunks = [Buffer.concat(chunks)])[0])
    if (wanted === Infinity && chunk.toString('latin1', chunk.length - 5) === '0\r\n\r\n')
      wanted = size
    if (size < wanted || Number.isNaN(wanted)) return
    const whole = Buffer.concat(chunks)
    const answer = {
      status: Number(whole.toString('latin1', 9, 12)),
      bytes: size,
      text: () => whole.toString('utf8', 0, 600),
    }
    ;[chunks, size, wanted] = [[], 0, Number.NaN]
    settle?.resolve(answer)
  })
  socket.on('error', (error) => settle?.reject(error))
  socket.on('close', () => settle?.reject(new Error('The server closed the connection')))
  return () =>
    new Promise((resolve, reject) => {
      settle = { resolve, reject }
    })
}

/** Bytes of the answer with its head; Infinity of one in chunks, NaN while its head is not there yet. */
function answerSize(start: Buffer = Buffer.alloc(0)): number {
  const end = start.indexOf('\r\n\r\n')
  if (end < 0) return Number.NaN
  const head = start.toString('latin1', 0, end).toLowerCase()
  if (head.startsWith('http/1.1 304')) return end + 4
  const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1]
  return length === undefined ? Infinity : end + 4 + Number(length)
}
