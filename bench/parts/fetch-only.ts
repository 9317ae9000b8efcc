// What fetching costs by itself: GETs of packuments over as many connections as the proxy opens, with their coding taken
// off, and nothing else. Run as a program: its last line is its CPU in ms.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { createGet } from '../../packages/stele/src/upstream/http-get.ts'

type FetchJob = { readonly url: string; readonly paths: readonly string[]; readonly accept: string }

/** CPU in ms of a process that fetches these. */
export async function fetchOnlyCpuMs(job: FetchJob): Promise<number> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'fetch'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(job))
  let shown = ''
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString('utf8')
  })
  await once(child, 'close')
  return Number(shown)
}

if (process.argv[2] === 'fetch') {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  const { url, paths, accept }: FetchJob = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  const { get, close } = createGet({ timeoutMs: 30_000 })
  const decode = promisify(gunzip)
  const before = process.cpuUsage()
  let next = 0
  const client = async (): Promise<void> => {
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) {
      const headers = { accept, 'accept-encoding': 'gzip' }
      const answer = await get({ url: url + path, headers })
      const body: Uint8Array[] = []
      for await (const chunk of answer.body) body.push(chunk)
      await decode(Buffer.concat(body))
    }
  }
  await Promise.all(Array.from({ length: 16 }, client))
  const { user, system } = process.cpuUsage(before)
  close()
  process.stdout.write(String((user + system) / 1000))
}
