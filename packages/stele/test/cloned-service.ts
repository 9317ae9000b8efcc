// A service of a script in a folder, copies of its log, and clones of them in folders.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { carryLog } from '@stele/audit'
import { createPublicFiles } from '@stele/storage/files'
import {
  type CloneOptions,
  type CloneReport,
  cloneThrough,
  type OpenFiles,
} from '../src/clone/clone-service.ts'
import { createFolderFetch } from '../src/sources/folder-fetch.ts'
import { VM } from '../src/vm.ts'

const script = `
exports.init = () => System.files.mkdir('/kept')
exports.write = (path, text) => System.files.writeFile(path, text)
exports.remove = (path) => System.files.unlink(path)
exports.folder = (path) => System.files.mkdir(path)
exports.removeFolder = (path) => System.files.rmdir(path, { recursive: true })
`
const long = 'y'.repeat(20_000)

export type Files = Readonly<Record<string, string>>
/** What the service had when each copy of its log was made, by paths on the disk. */
export const states: readonly Files[] = [
  { 'kept/a': 'one', 'kept/odd%25name': 'odd', 'gone/b': 'b', 'kept/long': hash('sha256', long) },
  {
    'kept/a': 'two',
    'kept/odd%25name': 'odd',
    'kept/long': hash('sha256', long),
    'now/c': 'c',
    gone: 'a file',
  },
]
/** The calls before each copy. */
export const calls: readonly (readonly (readonly [
  method: string,
  ...args: readonly string[],
])[])[] = [
  [
    ['write', '/kept/a', 'one'],
    ['write', '/kept/odd%name', 'odd'],
    ['folder', '/gone'],
    ['write', '/gone/b', 'b'],
    ['write', '/kept/long', long],
    ['write', '/kept/short-lived', ''],
  ],
  [
    ['write', '/kept/a', 'two'],
    ['removeFolder', '/gone'],
    ['write', '/gone', 'a file'],
    ['remove', '/kept/short-lived'],
    ['folder', '/now'],
    ['write', '/now/c', 'c'],
  ],
]

type CloneChanges = Partial<CloneOptions> & { readonly openFiles?: OpenFiles }

/** A service to be cloned, and where its clones lie. */
export type ClonedService = Disposable & {
  readonly folder: string
  /** Copies of the public folder: after the first calls, after all of them, of another service. */
  readonly sources: readonly string[]
  readonly freshDir: () => string
  /** Calls the service in `dir`, and gives a copy of its public folder. */
  readonly callAll: (dir: string, some: (typeof calls)[number]) => Promise<string>
  /** Clones from one of the sources, or from a copy. */
  readonly clone: (
    dir: string,
    source: number | string,
    changes?: CloneChanges,
  ) => Promise<CloneReport>
  /** The folder of a clone of this source. */
  readonly cloned: (source: number) => Promise<string>
}

/** Makes the service and the copies of its log. */
export async function makeClonedService(): Promise<ClonedService> {
  const folder = mkdtempSync(join(tmpdir(), 'stele-clone-'))
  const sources: string[] = []
  let number = 0
  const freshDir = (): string => join(folder, `clone-${number++}`)
  const callAll: ClonedService['callAll'] = async (dir, some) => {
    const vm = new VM(script)
    await vm.deploy({ dir })
    for (const [methodName, ...args] of some) await vm.executeCall({ methodName, args })
    await vm.close()
    const copy = join(folder, `source-${number++}`)
    cpSync(join(dir, 'public'), copy, { recursive: true })
    return copy
  }
  const clone: ClonedService['clone'] = (dir, source, changes = {}) => {
    const { openFiles = createPublicFiles, ...others } = changes
    return cloneThrough(openFiles, {
      url: 'http://service',
      dir,
      fetch: createFolderFetch(typeof source === 'string' ? source : (sources[source] ?? '')),
      progress: () => undefined,
      ...others,
    })
  }
  const keeper = new VM('') // While it is open, the process keeps the thread that all of them run in.
  await keeper.deploy({ dir: join(folder, 'keeper') })
  for (const some of calls) sources.push(await callAll(join(folder, 'vm'), some))
  sources.push(await callAll(join(folder, 'other'), calls[0] ?? []))
  await keeper.close()
  return {
    folder,
    sources,
    freshDir,
    callAll,
    clone,
    cloned: async (source) => {
      const dir = freshDir()
      await clone(dir, source)
      return dir
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Its log is whole up to its checkpoint, and its files are those of it, unless the mark says that they may not be. */
export async function assertSound(dir: string): Promise<void> {
  const { state, size } = await carryLog({
    fetch: createFolderFetch(dir),
    progress: () => undefined,
    nowMs: () => 0,
    entries: () => undefined,
  })
  assert.ok(state !== undefined && size > 0)
  if (existsSync(join(dir, 'files.incomplete'))) return
  const isOld = state.list('/').includes('gone/')
  const wanted = isOld ? { ...states[0], 'kept/short-lived': '' } : states[1]
  assert.deepEqual(readTree(join(dir, 'files')), wanted)
}

/** Every file below a folder, by its path; of long ones the hash. Links are named, not followed. */
export function readTree(root: string): Record<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory())
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      const text = readFileSync(path, 'latin1')
      return [path.slice(root.length + 1), text.length > 100 ? hash('sha256', text) : text] as const
    }),
  )
}

/** With one bit in their middle changed. */
export function flip(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes)
  const at = Math.floor(changed.length / 2)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}
