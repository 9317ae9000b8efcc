// What a scanner keeps between starts, in a folder of its own: facts of packages, each under its digest, and what was found where.
// All of it can be lost: a scan makes it anew.
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ListedFile } from '@stele/tarball'
import { type Facts, readList } from './finding.ts'

/** Facts of packages, as files. */
export type FactStore = {
  readonly has: (files: string) => boolean
  readonly put: (files: string, facts: Facts) => void
}

/** The facts in this folder. */
export function openFacts(folder: string): FactStore {
  return {
    has: (files) => existsSync(factPath(folder, files)),
    put: (files, { list, packageJson }) => {
      write(factPath(folder, files), Buffer.concat([Buffer.from(`${list}\n`), packageJson]))
    },
  }
}

/** The facts of a package: its files by path, and its package.json. Undefined where they are not there, or not right. */
export async function readFacts(
  folder: string,
  files: string,
): Promise<
  { readonly files: ReadonlyMap<string, ListedFile>; readonly packageJson: Uint8Array } | undefined
> {
  const path = factPath(folder, files)
  const bytes = await readFile(path).catch(() => undefined)
  const end = bytes?.indexOf('\n\n') ?? -1
  if (bytes === undefined) return undefined
  const list = readList(bytes.toString('utf8', 0, end + 1), files)
  const packageJson = bytes.subarray(end + 2)
  const isRight = list?.get('package.json')?.sha256 === hash('sha256', packageJson, 'hex')
  if (list !== undefined && isRight) return { files: list, packageJson }
  rmSync(path, { force: true })
  return undefined
}

/** Removes the facts of what nobody knows any more. */
export async function sweepFacts(folder: string, known: ReadonlySet<string>): Promise<void> {
  for (const sub of await namesIn(folder)) {
    for (const name of await namesIn(join(folder, sub))) {
      if (!known.has(name)) await rm(join(folder, sub, name), { force: true })
    }
  }
}

function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []) // Nothing was kept yet.
}

/** What was kept under a name; undefined where there is nothing that can be read. */
export function readKept(folder: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
  } catch {
    return undefined
  }
}

/** Keeps a value under a name. */
export function writeKept(folder: string, name: string, value: unknown): void {
  write(join(folder, `${name}.json`), Buffer.from(JSON.stringify(value)))
}

function factPath(folder: string, files: string): string {
  return join(folder, files.slice(0, 2), files)
}

/** There whole or not at all. After a power cut it may be torn, and then it is made again. */
function write(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.tmp`, bytes, { mode: 0o600 })
  renameSync(`${path}.tmp`, path)
}
