// A tree onto the disk: what is right stays, what is not wanted goes, and what is missing is made beside its place and renamed. After an
// interruption nothing is taken for granted, and everything is looked at.
import { hash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, realpathSync, rmdirSync, statSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import type { InstanceKey } from '@stele/resolve/graph'
import { binsOf, linkBins } from './bins.ts'
import { isLinkTo, isReallyIn, linkFolder, linkText, move, remove, removeLink } from './moves.ts'
import type { SlotKey } from './slot-keys.ts'
import { type Stage, type StageJob, stageHere } from './stage-units.ts'
import { type Bins, ownFolder, type Target, type Tree, type Unit } from './tree.ts'
import {
  beginRecord,
  differenceFrom,
  finishRecord,
  readRecords,
  type TreeRecord,
} from './tree-record.ts'

/** What to make of it where. */
export type Applying = {
  readonly root: string
  readonly tree: Tree
  readonly layout: string
  readonly slots: ReadonlyMap<InstanceKey, SlotKey>
  readonly selected: ReadonlySet<InstanceKey>
  readonly store: { readonly path: string; readonly slotFolder: (slot: SlotKey) => string }
  /** The unpacked files of a package in the store. */
  readonly contentsOf: (key: InstanceKey) => string
  /** What the package's bytes are, as the lock names them. */
  readonly identityOf: (key: InstanceKey) => string
  /** Packages that may write to their own files. */
  readonly writable?: ReadonlySet<InstanceKey>
  /** Changes when files that this project has may have been lost: with a start of the machine, or something that was removed. */
  readonly boot: string
  /** Makes packages beside their places; this thread does where none is given. */
  readonly stage?: Stage | undefined
}

/** What changed. */
export type Applied = {
  readonly added: readonly InstanceKey[]
  readonly removed: number
  /** Something was made or removed, be it links alone. */
  readonly isChanged: boolean
  /** The disk had no links for these files, so they are copies. */
  readonly copied: boolean
}

/** Makes the tree. */
export function applyTree(applying: Applying): Applied {
  const { root, tree, selected } = applying
  const record = recordOf(applying)
  // As with npm: what they lead to is somebody else's, and would be cleared.
  for (const path of ['node_modules', ownFolder, ...tree.modules]) removeLink(join(root, path))
  mkdirSync(join(root, ownFolder), { recursive: true })
  const { whole, last } = readRecords(root)
  const before = whole?.boot === record.boot && whole.store === record.store ? whole : undefined
  const { added, removed } = differenceFrom({ last }, selected)
  const report = { added, removed: removed.length }
  if (before !== undefined && isSame(before, record))
    return { ...report, isChanged: false, copied: false }
  beginRecord(root, record)
  clear({ root, tree, last })
  const copied = makeUnits(applying, { before, record })
  for (const [path, target] of tree.links) {
    if (before !== undefined && before.links[path] === record.links[path]) continue
    linkFolder(join(root, path), absolute(applying, target), target.kind === 'folder')
  }
  for (const bins of tree.bins) {
    if (before !== undefined && before.bins[bins.path] === record.bins[bins.path]) continue
    linkBins(join(root, bins.path), programsOf(root, bins), unbuiltOf(root, bins))
  }
  finishRecord(root, record)
  return { ...report, isChanged: true, copied }
}

function recordOf(applying: Applying): TreeRecord {
  const { tree, store, layout, boot, selected, slots, identityOf, writable } = applying
  const textOf = (target: Target): string =>
    target.kind === 'slot' ? `${target.slot}/${target.name}` : target.path
  const units = tree.units.map(({ path, key, links }) => {
    const texts = [...links].map(([place, target]) => `${place} ${textOf(target)}`)
    const own = [identityOf(key), String(writable?.has(key) === true), ...texts].join('\n')
    return [path, hash('sha256', own, 'hex').slice(0, 16)] as const
  })
  const links = [...tree.links].map(([path, target]) => [path, textOf(target)] as const)
  const bins = tree.bins.map(({ path, packages }) => {
    const texts = packages.map(({ release, folder }) =>
      JSON.stringify([folder, release.version, release.bin, release.directories?.bin]),
    )
    return [path, hash('sha256', texts.join('\n'), 'hex').slice(0, 16)] as const
  })
  return {
    version: 1,
    boot,
    store: store.path,
    layout,
    units: Object.fromEntries(units),
    links: Object.fromEntries(links),
    bins: Object.fromEntries(bins),
    modules: [...tree.modules],
    packages: Object.fromEntries([...selected].map((key) => [key, slots.get(key) ?? ''])),
  }
}

function isSame(before: TreeRecord, after: TreeRecord): boolean {
  const { units, links, bins, modules, packages, layout } = before
  const one = JSON.stringify([units, links, bins, modules, packages, layout])
  const other = [after.units, after.links, after.bins, after.modules, after.packages, after.layout]
  return one === JSON.stringify(other)
}

type Clearing = Pick<Applying, 'root' | 'tree'> & { readonly last: readonly TreeRecord[] }

/** Removes what is not wanted: from folders that are the client's, whatever stands there; of what it made elsewhere, what it noted. */
function clear({ root, tree, last }: Clearing): void {
  const wanted = new Set([...tree.units.map(({ path }) => path), ...tree.links.keys()])
  const tops = new Set(tree.units.map(({ path }) => path))
  for (const modules of tree.modules) {
    clearModules(join(root, modules), modules, wanted)
    removeEmpty(root, modules)
  }
  for (const name of listFolder(join(root, ownFolder))) {
    const path = `${ownFolder}/${name}`
    const isOwn = ownFiles.test(name) || (name === 'node_modules' && hasHoist(tree))
    if (!tops.has(path) && !isOwn) remove(join(root, path))
  }
  const bins = new Set(tree.bins.map(({ path }) => path))
  const isInside = insideOf(root)
  for (const { units, links, bins: binsBefore } of last) {
    const places = [...Object.keys(units), ...Object.keys(links)].filter(
      (each) => !wanted.has(each),
    )
    for (const path of [...places, ...Object.keys(binsBefore).filter((each) => !bins.has(each))]) {
      if (lstatSync(join(root, path), { throwIfNoEntry: false }) === undefined) continue
      if (!isInside(path)) continue
      remove(join(root, path))
      removeEmpty(root, dirname(path))
    }
  }
}

/** Whether a path's folder really is in the project: a link on the way there may lead anywhere. */
function insideOf(root: string): (path: string) => boolean {
  const real = realpathSync(root)
  return (path) => {
    const parent = realpathSync(dirname(join(root, path)))
    return parent === real || parent.startsWith(real.endsWith(sep) ? real : `${real}${sep}`)
  }
}

/** Files of the client, some of them of another process that is waiting. */
const ownFiles = /^(tree|pending|state|links)[.\w-]*$/

function hasHoist({ links }: Tree): boolean {
  return [...links.keys()].some((path) => path.startsWith(`${ownFolder}/node_modules/`))
}

/** What other clients leave beside the packages: it would mislead them, or hold the disk. */
const foreign = new Set([
  '.package-lock.json',
  '.pnpm',
  '.modules.yaml',
  '.pnpm-workspace-state-v1.json',
  '.yarn-integrity',
  '.yarn-state.yml',
  '.store',
])

/** What begins with a dot is somebody else's, such as the cache of a tool. */
function clearModules(folder: string, path: string, wanted: ReadonlySet<string>): void {
  for (const entry of listFolder(folder)) {
    if (entry.startsWith('.')) {
      if (foreign.has(entry)) remove(join(folder, entry))
      continue
    }
    if (!entry.startsWith('@')) {
      if (!wanted.has(`${path}/${entry}`)) remove(join(folder, entry))
      continue
    }
    const inside = listFolder(join(folder, entry))
    const others = inside.filter((name) => !wanted.has(`${path}/${entry}/${name}`))
    if (others.length === inside.length) remove(join(folder, entry))
    else for (const name of others) remove(join(folder, entry, name))
  }
}

function listFolder(folder: string): readonly string[] {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
    ? readdirSync(folder)
    : []
}

/** Folders that held nothing else: scopes, and the node_modules of a package. */
function removeEmpty(root: string, path: string): void {
  for (let at = path; /(^|\/)(node_modules|@[^/]+)$/.test(at); at = dirname(at)) {
    try {
      rmdirSync(join(root, at))
    } catch {
      return // It is not empty, or gone already.
    }
  }
}

type Making = {
  readonly before: TreeRecord | undefined
  readonly record: TreeRecord
}

/** All that is missing is made beside its place first, then each is renamed. Whether files had to be copied. */
function makeUnits(applying: Applying, making: Making): boolean {
  const { root, stage = stageHere } = applying
  const staging = join(root, ownFolder, `.new-${process.pid}`)
  const units = missingUnits(applying, making)
  if (units.length === 0) return false
  const folders = units.map((_, index) => join(staging, `${index}`))
  remove(staging)
  mkdirSync(staging)
  try {
    const copied = stage(units.map((unit, index) => jobOf(applying, unit, folders[index] ?? '')))
    for (const [index, { path }] of units.entries()) {
      putInPlace(join(root, ownFolder), folders[index] ?? '', join(root, path))
    }
    return copied
  } finally {
    remove(staging)
  }
}

/** Units to be made; those that stay are freed of what is not wanted in them. */
function missingUnits(applying: Applying, { before, record }: Making): readonly Unit[] {
  const { root, tree } = applying
  const missing = new Set<string>()
  const wanted = new Set(tree.units.map(({ path }) => path))
  return tree.units.filter((unit) => {
    const holder = holderOf(unit.path)
    const isKnown = before !== undefined && before.units[unit.path] === record.units[unit.path]
    const isLost = holder !== undefined && missing.has(holder)
    const isRight = !isLost && (isKnown ? isThere(root, unit) : isAsPlanned(applying, unit))
    if (!isRight) missing.add(unit.path)
    else if (before === undefined) clearInside(applying, unit, wanted)
    return !isRight
  })
}

/** The unit whose folder holds this one; undefined where none does. */
function holderOf(path: string): string | undefined {
  const at = path.lastIndexOf('/node_modules/')
  const holder = at < 0 ? undefined : path.slice(0, at)
  return holder?.includes('node_modules') === true ? holder : undefined
}

function isThere(root: string, { path }: Unit): boolean {
  return lstatSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() === true
}

/** Whether the files are those of the store, and the links right. Of copies that cannot be told, so they are made again. */
function isAsPlanned(applying: Applying, unit: Unit): boolean {
  const { root, contentsOf, writable } = applying
  if (writable?.has(unit.key) === true || !isThere(root, unit)) return false
  const own = statSync(join(root, unit.path, unit.inside, 'package.json'), {
    throwIfNoEntry: false,
  })
  const stored = statSync(join(contentsOf(unit.key), 'package.json'), { throwIfNoEntry: false })
  if (own === undefined || own.ino !== stored?.ino || own.dev !== stored.dev) return false
  return [...unit.links].every(([place, target]) => {
    const at = join(root, unit.path, place)
    return isLinkTo(at, linkText(at, absolute(applying, target), target.kind === 'folder'))
  })
}

/** Nested packages that are not wanted: those that the package itself came with stay. */
function clearInside(applying: Applying, unit: Unit, wanted: ReadonlySet<string>): void {
  if (unit.inside !== '') return
  const { root, contentsOf } = applying
  const path = `${unit.path}/node_modules`
  const bundled = listFolder(join(contentsOf(unit.key), 'node_modules'))
  if (bundled.length === 0) clearModules(join(root, path), path, wanted)
  removeEmpty(root, path)
}

function jobOf(applying: Applying, unit: Unit, folder: string): StageJob {
  const { root, contentsOf, writable } = applying
  const place = join(root, unit.path)
  const links = [...unit.links].map(([at, target]) => {
    const text = linkText(join(place, at), absolute(applying, target), target.kind === 'folder')
    return [at, text] as const
  })
  const isCopy = writable?.has(unit.key) === true
  return { from: contentsOf(unit.key), to: folder, inside: unit.inside, isCopy, links }
}

/** What stood there goes aside first. */
function putInPlace(own: string, staged: string, place: string): void {
  if (lstatSync(place, { throwIfNoEntry: false }) !== undefined) {
    const aside = join(own, `.old-${process.pid}`)
    remove(aside)
    move(place, aside)
    remove(aside)
  } else mkdirSync(dirname(place), { recursive: true })
  move(staged, place)
}

function absolute({ root, store }: Applying, target: Target): string {
  if (target.kind === 'folder') return resolve(root, target.path) // It may be outside.
  return join(store.slotFolder(target.slot), 'node_modules', target.name)
}

/** The programs of a folder by name, each as a file below the root. */
function programsOf(root: string, { packages }: Bins): ReadonlyMap<string, string> {
  const programs = new Map<string, string>()
  for (const { release, folder, isLinked } of packages) {
    const place = join(root, folder)
    for (const [program, file] of binsOf(release, place)) {
      // Who is linked may hold links of its own: what one leads to outside is not to become a program.
      if (isLinked === true && !isReallyIn(place, join(place, file))) continue
      if (!programs.has(program)) programs.set(program, join(place, file))
    }
  }
  return programs
}

/** Programs of folders that are linked: they may be built later, so they need not be there. */
function unbuiltOf(root: string, { path, packages }: Bins): ReadonlySet<string> {
  const linked = packages.filter(({ isLinked }) => isLinked === true)
  return new Set(programsOf(root, { path, packages: linked }).keys())
}
