// The files of a service as plain files of a clone: what differs is written, what the service has removed goes.
import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CarriedLog } from '@stele/audit'
import type { CloneFolder } from './clone-folder.ts'
import { diskNames, joinPath } from './file-paths.ts'
import { listFolder } from './files-folder.ts'
import { filesFolder, incompleteMark } from './source.ts'

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

const maxForeign = 100

/** Makes `files/` what the state says. A mark lies beside it from the first change on: whoever calls this takes it away. */
export function writeFiles(folder: CloneFolder, state: State): FilesWritten {
  const counts: Counts = { total: 0, written: 0, removed: 0, respelt: 0, foreign: [], withheld: [] }
  let isMarked = false
  const change: CloneFolder['change'] = (changes) => {
    if (!isMarked) folder.change([{ put: incompleteMark, bytes: markText }, { sync: true }])
    isMarked = true
    folder.change(changes)
  }
  const ground: Ground = { root: folder.root, state, change, counts }
  makeFolder(ground, filesFolder)
  const waiting = ['/']
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const name of writeFolder(ground, path)) waiting.push(joinPath(path, name))
  }
  if (isMarked) folder.sync()
  return counts
}

const markText = Buffer.from(
  'The files beside this are being written, or "stele clone" was stopped meanwhile: run it again.\n',
)

type Ground = {
  readonly root: string
  readonly state: State
  readonly change: CloneFolder['change']
  readonly counts: Counts
}

/** Writes what is in a folder. Gives the names of those within. */
function writeFolder(ground: Ground, path: string): readonly string[] {
  const { state, counts } = ground
  const names = state.list(path)
  const place = placeOf(path)
  removeOthers(ground, path, names)
  const folders: string[] = []
  for (const listed of names) {
    const isFolder = listed.endsWith('/')
    const name = isFolder ? listed.slice(0, -1) : listed
    const disk = diskNames(name)
    if (disk.length > 1 || disk[0] !== name) counts.respelt++
    for (let depth = 1; depth < disk.length; depth++) {
      makeFolder(ground, join(place, ...disk.slice(0, depth)))
    }
    if (isFolder) {
      makeFolder(ground, join(place, ...disk))
      folders.push(name)
    } else {
      const value = state.row(path, name)?.value
      counts.total++
      if (value instanceof Uint8Array) writeFile(ground, join(place, ...disk), value)
      else if (counts.withheld.push(joinPath(path, name)) > maxForeign) counts.withheld.pop()
    }
  }
  return folders
}

/** Takes away what the service has removed. What it never had is somebody else's. */
function removeOthers(
  { root, state, change, counts }: Ground,
  path: string,
  names: readonly string[],
): void {
  const wanted = new Set(names)
  const others = listFolder(join(root, placeOf(path))).filter((name) => !wanted.has(name))
  if (others.length === 0) return
  const had = new Set(Array.from(state.rows(path), ({ field }) => field.replace(/\/$/, '')))
  for (const other of others) {
    const name = other.replace(/\/$/, '')
    if (had.has(name)) {
      change([{ remove: join(placeOf(path), ...diskNames(name)) }])
      counts.removed++
    } else if (counts.foreign.length < maxForeign) counts.foreign.push(joinPath(path, other))
  }
}

/** A link there, or a file that was there, gives way: nothing is ever written where a link leads. */
function makeFolder({ root, change }: Ground, place: string): void {
  const stats = lstatSync(join(root, place), { throwIfNoEntry: false })
  if (stats?.isDirectory() === true) return
  if (stats !== undefined) change([{ remove: place }])
  change([{ folder: place }])
}

function writeFile({ root, change, counts }: Ground, place: string, value: Uint8Array): void {
  const path = join(root, place)
  const stats = lstatSync(path, { throwIfNoEntry: false })
  const isSame =
    stats?.isFile() === true && stats.size === value.length && readFileSync(path).equals(value)
  if (isSame) return
  if (stats !== undefined && !stats.isFile()) change([{ remove: place }])
  change([{ put: place, bytes: value }])
  counts.written++
}

/** A folder of the state, below the clone. */
function placeOf(path: string): string {
  const names = path.split('/').filter((name) => name !== '')
  return join(filesFolder, ...names.flatMap(diskNames))
}
