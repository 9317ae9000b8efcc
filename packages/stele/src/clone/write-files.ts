// The files of a service as plain files of a clone: what differs is written, what the service has removed goes.
import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CarriedLog } from '@stele/audit'
import { diskNamesIn, joinPath } from '../script-files/file-paths.ts'
import { listFolder } from '../script-files/files-folder.ts'
import { filesFolder, incompleteMark } from '../sources/source.ts'
import type { CloneFolder } from './clone-folder.ts'
import { maxPathsTold } from './limits.ts'

/** What was done. */
export type FilesWritten = {
  /** Files that there are. */
  readonly total: number
  readonly written: number
  readonly removed: number
  /** Names that the disk has in another spelling. */
  readonly respelt: number
  /** Paths that the service never had: they are left alone. */
  readonly foreign: readonly string[]
  /** Files whose value was taken down. */
  readonly withheld: readonly string[]
}

/** What is read of the state. */
type State = Pick<NonNullable<CarriedLog['state']>, 'list' | 'row'> & {
  readonly rows: (object: string) => Iterable<{ readonly field: string }>
}
type Counts = {
  -readonly [K in keyof FilesWritten]: FilesWritten[K] extends number ? number : string[]
}

/** Makes `files/` what the state says. A mark lies beside it from the first change on: whoever calls this takes it away. */
export function writeFiles(clone: CloneFolder, state: State): FilesWritten {
  const counts: Counts = { total: 0, written: 0, removed: 0, respelt: 0, foreign: [], withheld: [] }
  let isMarked = false
  const change: CloneFolder['change'] = (changes) => {
    if (!isMarked) clone.change([{ put: incompleteMark, bytes: markText }, { sync: true }])
    isMarked = true
    clone.change(changes)
  }
  const writing: Writing = { root: clone.root, state, change, counts }
  makeFolder(writing, filesFolder)
  const waiting: Folder[] = [{ path: '/', place: filesFolder }]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    waiting.push(...writeFolder(writing, folder))
  }
  if (isMarked) clone.sync()
  return counts
}

const markText = Buffer.from(
  'The files beside this are being written, or "stele clone" was stopped meanwhile: run it again.\n',
)

type Writing = {
  readonly root: string
  readonly state: State
  readonly change: CloneFolder['change']
  readonly counts: Counts
}

/** A folder: its path in the state, and its place in the clone. */
type Folder = { readonly path: string; readonly place: string }

/** Writes what is in a folder. Gives the folders within. */
function writeFolder(writing: Writing, { path, place }: Folder): readonly Folder[] {
  const { state, counts } = writing
  const listed = state.list(path)
  const spellings = diskNamesIn(listed.map(bareName))
  removeOthers(writing, { path, place }, spellings)
  const folders: Folder[] = []
  for (const one of listed) {
    const name = bareName(one)
    const disk = spellings.get(name) ?? []
    if (disk.length > 1 || disk[0] !== name) counts.respelt++
    for (let depth = 1; depth < disk.length; depth++) {
      makeFolder(writing, join(place, ...disk.slice(0, depth)))
    }
    const [within, own] = [joinPath(path, name), join(place, ...disk)]
    if (one.endsWith('/')) {
      makeFolder(writing, own)
      folders.push({ path: within, place: own })
    } else {
      const value = state.row(path, name)?.value
      counts.total++
      if (value instanceof Uint8Array) writeFile(writing, own, value)
      else tell(counts.withheld, within)
    }
  }
  return folders
}

/** Takes away what the service has removed, or what is spelt otherwise by now. What it never had is somebody else's. */
function removeOthers(
  { root, state, change, counts }: Writing,
  { path, place }: Folder,
  spellings: ReturnType<typeof diskNamesIn>,
): void {
  const kinds = new Map(state.list(path).map((listed) => [bareName(listed), listed]))
  const others = listFolder(join(root, place)).filter(({ name, disk }) => {
    const wanted = spellings.get(bareName(name))?.join('/')
    return kinds.get(bareName(name)) !== name || wanted !== disk.join('/')
  })
  if (others.length === 0) return
  const had = new Set(Array.from(state.rows(path), ({ field }) => bareName(field)))
  for (const { name, disk } of others) {
    if (had.has(bareName(name)) || kinds.has(bareName(name))) {
      change([{ remove: join(place, ...disk) }])
      if (kinds.get(bareName(name)) !== name) counts.removed++
    } else tell(counts.foreign, joinPath(path, name))
  }
}

function tell(paths: string[], path: string): void {
  if (paths.length < maxPathsTold) paths.push(path)
}

function bareName(listed: string): string {
  return listed.replace(/\/$/, '')
}

/** A link there, or a file that was there, gives way: nothing is ever written where a link leads. */
function makeFolder({ root, change }: Writing, place: string): void {
  const stats = lstatSync(join(root, place), { throwIfNoEntry: false })
  if (stats?.isDirectory() === true) return
  if (stats !== undefined) change([{ remove: place }])
  change([{ folder: place }])
}

function writeFile({ root, change, counts }: Writing, place: string, value: Uint8Array): void {
  const path = join(root, place)
  const stats = lstatSync(path, { throwIfNoEntry: false })
  const isSame =
    stats?.isFile() === true && stats.size === value.length && readFileSync(path).equals(value)
  if (isSame) return
  if (stats !== undefined && !stats.isFile()) change([{ remove: place }])
  change([{ put: place, bytes: value }])
  counts.written++
}
