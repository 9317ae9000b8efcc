// What was made of a project's node_modules, as node_modules/.stele/tree.json tells it. It is removed before the first change and
// written after the last one: where it is, the tree was whole.
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { InstanceKey } from '@stele/resolve/graph'
import { maxRecordBytes } from './limits.ts'
import { writeAnew } from './moves.ts'
import { readRegular } from './read-regular.ts'
import { ownFolder } from './tree.ts'

const version = 1

/** Places below the root, each with a text that is the same only as long as what stands there is right. */
type Places = { readonly [path: string]: string }

/** What was made. */
export type TreeRecord = {
  readonly version: number
  /** The start of this machine since which the store's files are known to be whole. */
  readonly boot: string
  readonly store: string
  readonly layout: string
  readonly units: Places
  readonly links: Places
  readonly bins: Places
  readonly modules: readonly string[]
  /** Keys of instances to the slots that the project needs. */
  readonly packages: Places
}

/** A record, and when the folders that it speaks of changed last. */
type Kept = TreeRecord & { readonly changed?: { readonly [folder: string]: number } }

/** The records that a project has: `whole` of a tree that is as it was left, `last` of whatever was made or begun. */
export type Records = {
  readonly whole: TreeRecord | undefined
  readonly last: readonly TreeRecord[]
}

/** Reads the records of the project in this folder. */
export function readRecords(root: string): Records {
  const done = read(join(root, ownFolder, 'tree.json'))
  const begun = read(join(root, ownFolder, 'pending.json'))
  const isWhole = done !== undefined && begun === undefined && isUntouched(root, done)
  return {
    whole: isWhole ? done : undefined,
    last: [done, begun].filter((each) => each !== undefined),
  }
}

/** The slots that a project's node_modules leads to, or did before an installation was interrupted. */
export function slotsOfProject(root: string): readonly string[] {
  return packagesOfProject(root).map(([, slot]) => slot)
}

/** What is installed in a project, or was before an interruption: the keys of instances, and the slot of each. */
export function packagesOfProject(root: string): readonly (readonly [key: string, slot: string])[] {
  return readRecords(root).last.flatMap(({ packages }) => Object.entries(packages))
}

/** How a choice of instances differs from what a project has, or had before an interruption. */
export type Difference = {
  /** Those that it has not. */
  readonly added: readonly InstanceKey[]
  /** Those that only it has. */
  readonly removed: readonly InstanceKey[]
}

/** What an installation of these adds, and what it removes. */
export function differenceFrom(
  records: Pick<Records, 'last'>,
  selected: ReadonlySet<InstanceKey>,
): Difference {
  const known = new Set(records.last.flatMap(({ packages }) => Object.keys(packages)))
  return {
    added: [...selected].filter((key) => !known.has(key)),
    removed: [...known].filter((key) => !selected.has(key)),
  }
}

function read(path: string): Kept | undefined {
  try {
    const found: Kept = JSON.parse(readRegular(path, maxRecordBytes).toString('utf8'))
    return found?.version === version && isSound(found) ? found : undefined
  } catch {
    return undefined // Not there, or only half of it: then nothing is known.
  }
}

/** A repository may bring such a file along, and what it names is removed: it must all be in a node_modules of the project. */
function isSound(found: Kept): boolean {
  const { units, links, bins, packages, modules, changed = {} } = found
  const places = [units, links, bins].flatMap((each) => Object.keys(each))
  return (
    [...places, ...modules, ...Object.keys(changed)].every(isPlace) &&
    [units, links, bins, packages].every((each) =>
      Object.values(each).every((text) => typeof text === 'string'),
    )
  )
}

/** What separates folders, or disks, on some systems. */
const strange = process.platform === 'win32' ? /[\\:\0]/ : /\0/

/** Whether it is below the root and in, or a node_modules itself; no part of it leads anywhere else. */
function isPlace(path: string): boolean {
  const parts = path.split('/')
  return (
    parts.includes('node_modules') &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..' && !strange.test(part))
  )
}

function isUntouched(root: string, { changed = {} }: Kept): boolean {
  return Object.entries(changed).every(([folder, at]) => changedAt(root, folder) === at)
}

function changedAt(root: string, folder: string): number {
  return statSync(join(root, folder), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/** Says what is about to be made: from here on the tree is not whole. */
export function beginRecord(root: string, record: TreeRecord): void {
  const folder = join(root, ownFolder)
  rmSync(join(folder, 'state.json'), { force: true })
  writeAnew(join(folder, 'pending.json'), JSON.stringify(record))
}

/** Says that it is made. The own folder is left out of what must not have changed: writing there changes it, and it is always listed. */
export function finishRecord(root: string, record: TreeRecord): void {
  const folder = join(root, ownFolder)
  const changed = Object.fromEntries(record.modules.map((each) => [each, changedAt(root, each)]))
  writeAnew(join(folder, 'tree.json'), JSON.stringify({ ...record, changed } satisfies Kept))
  rmSync(join(folder, 'pending.json'), { force: true })
}
