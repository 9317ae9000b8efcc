// A registry of made packages on a local port, and projects that install from it, each with a store of its own.
import { spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { makePackage } from '../packages/testkit/src/index.ts'
import { type Finished, type RunOptions, runProgram } from './processes.ts'
import { type FileServer, startFiles } from './static-files.ts'

/** A made package: what it depends on, its files, or the very bytes of its tarball. */
export type MadePackage = {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly tarball?: Uint8Array
  /** Further members of its package.json, which the registry tells as well. */
  readonly manifest?: Readonly<Record<string, unknown>>
  /** In place of the digest of the tarball. */
  readonly integrity?: string
}

/** A registry of these packages; the last of each name is the latest. */
export async function startMade(packages: readonly MadePackage[]): Promise<FileServer> {
  const server = await startFiles(new Map())
  const files = new Map<string, Uint8Array>()
  for (const [name, versions] of Map.groupBy(packages, (each) => each.name)) {
    const entries = versions.map((made) => {
      const { version, dependencies = {}, bin } = made
      const own = bin === undefined ? {} : { bin }
      const manifest = { name, version, dependencies, ...own, ...made.manifest }
      const bytes = made.tarball ?? makePackage(manifest, made.files)
      const path = `/${name}/-/${name}-${version}.tgz`
      files.set(path, bytes)
      const integrity = made.integrity ?? `sha512-${hash('sha512', bytes, 'base64')}`
      return [
        version,
        { ...manifest, dist: { tarball: `${server.url}${path}`, integrity } },
      ] as const
    })
    const latest = versions.at(-1)?.version
    const modified = '2020-01-01T00:00:00.000Z' // Long enough ago for anybody.
    const document = {
      name,
      modified,
      'dist-tags': { latest },
      versions: Object.fromEntries(entries),
    }
    files.set(`/${name.replace('/', '%2f')}`, Buffer.from(JSON.stringify(document)))
  }
  server.show(files)
  return server
}

/** Programs run with nothing of this machine's own. */
export function environmentIn(folder: string, registry: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: join(folder, 'home'),
    XDG_DATA_HOME: join(folder, 'data'),
    npm_config_registry: registry,
  }
}

const main = new URL('../packages/stele/src/main.ts', import.meta.url).pathname

/** Runs a command of stele to its end. */
export function runStele(args: readonly string[], options: RunOptions): Promise<Finished> {
  return runProgram(process.execPath, [main, ...args], options)
}

/** Runs a command of stele, and kills it with all its threads after a while, unless it ends before. */
export function killStele(
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  afterMs: number,
): Promise<void> {
  const child = spawn(process.execPath, [main, ...args], { ...options, stdio: 'ignore' })
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs)
  return new Promise((resolve) => {
    child.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Makes a project with this package.json. */
export function writeProject(
  folder: string,
  dependencies: Readonly<Record<string, string>>,
): string {
  const root = join(folder, 'project')
  mkdirSync(root, { recursive: true })
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({ name: 'p', version: '1.0.0', dependencies }),
  )
  return root
}

/** All that stands in a folder, but for the client's own notes: links as they say, files as they are. */
export function seenIn(root: string, path = ''): readonly string[] {
  return readdirSync(join(root, path))
    .toSorted()
    .flatMap((name) => {
      const own = path === '' ? name : `${path}/${name}`
      const found = lstatSync(join(root, own))
      if (path === 'node_modules/.stele' && found.isFile()) return []
      if (found.isSymbolicLink()) return [`${own} -> ${readlinkSync(join(root, own))}`]
      if (found.isDirectory()) return [`${own}/`, ...seenIn(root, own)]
      return [`${own} ${hash('sha1', readFileSync(join(root, own)))}`]
    })
}
