// One server, two users with npm, and folders with packages: where the rows of npm-story/ are played.
import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createNpm, type Npm, type NpmVersion } from './npm-client.ts'
import { type Proxy, startProxy } from './recording-proxy.ts'
import { type Server, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

export type User = 'alice' | 'bob'

/** The stage. */
export type World = AsyncDisposable & {
  readonly server: Server
  /** In front of the server: what users have as their registry. */
  readonly proxy: Proxy
  readonly users: Readonly<Record<User, Npm>>
  /** What one row leaves for a later one. */
  readonly remembered: { token: string }
  /** The path of a folder of this world. */
  readonly path: (...parts: readonly string[]) => string
}

/** Files by path; an object becomes JSON. */
export type Files = { readonly [path: string]: string | Uint8Array | object }

/** Sets the stage for a version of npm. */
export async function openWorld(version: NpmVersion): Promise<World> {
  const stack = new AsyncDisposableStack()
  try {
    const folder = stack.use(await makeFolder(version))
    const server = stack.use(await startServer())
    const proxy = stack.use(await startProxy(server.url))
    const npmOf = (user: User): Promise<Npm> =>
      createNpm(version, { folder: join(folder.path, 'users', user), registry: proxy.url })
    const users = { alice: await npmOf('alice'), bob: await npmOf('bob') }
    return {
      server,
      proxy,
      users,
      remembered: { token: '' },
      path: (...parts) => join(folder.path, 'work', ...parts),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** Makes a folder hold these files and nothing else. */
export async function setFolder(path: string, files: Files): Promise<void> {
  await rm(path, { recursive: true, force: true })
  await mkdir(path, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    const isText = typeof content === 'string' || content instanceof Uint8Array
    await mkdir(dirname(join(path, name)), { recursive: true })
    await writeFile(join(path, name), isText ? content : JSON.stringify(content, null, 2))
  }
}

/** A file's JSON; undefined when there is no such file. */
export function readJson(path: string): unknown {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}

/** SHA-512 of a file, in hex. */
export function digestOf(path: string): string {
  return hash('sha512', readFileSync(path), 'hex')
}
