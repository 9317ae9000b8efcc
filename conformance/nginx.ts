// nginx as people put it in front of a registry: two ways in, one server behind, no TLS (that would only be one more hop).
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { installMissing } from './debian-packages.ts'
import { findFreePort } from './free-port.ts'
import { spawnOwn } from './processes.ts'
import { makeFolder } from './temporary-folder.ts'

/** A running nginx. */
export type Nginx = AsyncDisposable & {
  /** The registry at the root of a host. */
  readonly rootUrl: string
  /** The registry below a path that nginx takes off. */
  readonly prefixUrl: string
  /** The registry as if nginx had spoken TLS. */
  readonly tlsUrl: string
}

const needed = [{ file: 'nginx', package: 'nginx-light' }]
const startTimeoutMs = 10_000
const prefix = '/registry/npm'

/** Starts nginx in front of a server on a loopback port. */
export async function startNginx(serverPort: number): Promise<Nginx> {
  await installMissing(needed)
  const [rootPort, tlsPort] = [await findFreePort(), await findFreePort()]
  const rootUrl = `http://localhost:${rootPort}`
  const servers = registryServers({ rootPort, tlsPort, serverPort })
  const running = await runNginx(servers, `${rootUrl}/-/ping`)
  return {
    rootUrl,
    prefixUrl: `${rootUrl}${prefix}`,
    tlsUrl: `http://localhost:${tlsPort}`,
    ...running,
  }
}

/** Starts nginx with a server on a loopback port, which need not answer anything with 200. */
export async function startNginxWith(
  server: (port: number) => string,
): Promise<AsyncDisposable & { readonly url: string }> {
  await installMissing(needed)
  const port = await findFreePort()
  const url = `http://localhost:${port}`
  return { url, ...(await runNginx(server(port), url)) }
}

/** Runs it with these servers until it is disposed of, from when it answers at this address. */
async function runNginx(servers: string, url: string): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack()
  try {
    const folder = stack.use(await makeFolder('nginx'))
    for (const name of ['logs', 'temporary']) await mkdir(join(folder.path, name))
    const file = join(folder.path, 'nginx.conf')
    await writeFile(file, configuration(servers))
    const child = spawnOwn('nginx', ['-p', folder.path, '-c', file, '-e', 'logs/error.log'], {
      cwd: folder.path,
      env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    child.stdout.resume()
    const ended = once(child, 'exit')
    stack.defer(async () => {
      child.kill('SIGTERM')
      await ended
    })
    await waitUntilAnswered(url, () => said)
    return { [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

type Ports = { readonly rootPort: number; readonly tlsPort: number; readonly serverPort: number }

/** What an operator would write in front of a registry. */
function registryServers({ rootPort, tlsPort, serverPort }: Ports): string {
  const registry = `http://127.0.0.1:${serverPort}`
  const forwarded = (proto: string): string => `
      proxy_http_version 1.1;
      proxy_set_header Host $proxy_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto ${proto};`
  return `
  server {
    listen 127.0.0.1:${rootPort};
    location / {
      proxy_pass ${registry};${forwarded('$scheme')}
    }
    location ${prefix}/ {
      proxy_pass ${registry}/;${forwarded('$scheme')}
      proxy_set_header X-Forwarded-Prefix ${prefix};
    }
  }
  server {
    listen 127.0.0.1:${tlsPort};
    location / {
      proxy_pass ${registry};${forwarded('https')}
    }
  }`
}

/** What it takes to run servers in a folder of one's own. */
function configuration(servers: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
worker_processes 1;
pid logs/nginx.pid;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 256; }
http {
  access_log off;
  error_log logs/error.log;
  client_max_body_size 0;
  ${temporary.map((name) => `${name}_temp_path temporary/${name};`).join('\n  ')}
  ${servers}
}
`
}

async function waitUntilAnswered(url: string, said: () => string): Promise<void> {
  const endMs = Date.now() + startTimeoutMs
  while (Date.now() < endMs) {
    const response = await fetch(url).catch(() => undefined)
    if (response !== undefined && response.status < 500) return
    await sleep(50)
  }
  throw new Error(`nginx does not answer:\n${said()}`)
}
