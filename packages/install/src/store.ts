// The store: every package unpacked once, in a slot with links to what it depends on. What has its name is whole: it is made
// elsewhere and renamed. Layout: store/v1/slots/<hh>/<key>/node_modules/<name>, contents/<hh>/<digest> a link to a slot that has them.
import { hash, randomBytes } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import type { Release } from '@stele/resolve/graph'
import { binsOf, makeExecutable } from './bins.ts'
import { createChecks } from './boot-checks.ts'
import { settleBuilt } from './built-files.ts'
import { copyFile, copyFolder, faultOf, makeLink, move, remove } from './moves.ts'
import { findWrongSize, listedIntegrity, writeList } from './slot-files.ts'
import type { SlotKey } from './slot-keys.ts'

/** A store of packages on this machine; several processes may use one at the same time. */
export type Store = {
  readonly path: string
  /** Where the slot is, or will be. */
  readonly slotFolder: (slot: SlotKey) => string
  /** Whether the slot is there and whole; one that a power cut damaged is removed. */
  readonly hasSlot: (slot: SlotKey) => boolean
  /** The folder of an unpacked package with this integrity, in any slot that is whole. */
  readonly findContents: (integrity: string, name: string) => string | undefined
  /** A folder beside the slots that nobody has: what will be a slot is made there. */
  readonly stagingFolder: () => string
  /** Gives what was unpacked its place. Whoever comes second throws its own away. */
  readonly place: (staged: Staged, slot: SlotKey, links: readonly SlotLink[]) => string
  /** Makes a slot of files that another slot has, `folder` being the package's in that one. */
  readonly addSlot: (found: Found, slot: SlotKey, links: readonly SlotLink[]) => string
  /** Makes a slot of a package whose scripts ran. Its folder is moved there. */
  readonly addBuilt: (built: Found, slot: SlotKey, links: readonly SlotLink[]) => string
  /** As addBuilt(), in place of the slot that is there: it is whole before the other one goes. */
  readonly replaceBuilt: (built: Found, slot: SlotKey, links: readonly SlotLink[]) => string
  /** Whether a package of this integrity, which was unpacked here, is to be compiled though no script of it says so. */
  readonly hasGyp: (integrity: string) => boolean
  /** The hash of the tarball that the package in this folder of the store was unpacked from; undefined where nobody noted it. */
  readonly hashOf: (folder: string, name: string) => string | undefined
  /** Takes a slot out of the store, in one step. */
  readonly removeSlot: (slot: SlotKey) => void
}

type Unpacked = { readonly name: string; readonly integrity: string }

/** Unpacked, and not yet anybody's. */
export type Staged = Unpacked & { readonly folder: string }

/** A package's files in some slot, and what the slot is for. */
type Found = Unpacked & { readonly folder: string }

/** A name that the package's code says, and the slot of the package that it means. */
export type SlotLink = { readonly name: string; readonly slot: SlotKey; readonly target: string }

/** Opens the store in this folder, or begins one. `boot` names the start of the machine: it changes when the power was cut. */
export function openStore(path: string, boot?: string): Store {
  mkdirSync(join(path, 'staging'), { recursive: true })
  const slots = openSlots(path, boot)
  const { slotFolder, hasSlot, newStaging, removeSlot, moveAside } = slots
  const settle = (staged: Staged, slot: SlotKey, links: readonly SlotLink[]): string => {
    const folder = slotFolder(slot)
    for (const link of links) linkSlot(join(staged.folder, 'node_modules'), link, slotFolder)
    inFolder(dirname(folder), () => moveInto(staged.folder, folder))
    return folder
  }
  return {
    path,
    slotFolder,
    hasSlot,
    findContents: (integrity, name) => findContents(slots, contentsLink(path, integrity), name),
    stagingFolder: newStaging,
    place: (staged, slot, links) => {
      const own = join(staged.folder, 'node_modules', staged.name)
      if (existsSync(join(own, 'binding.gyp'))) noteGyp(path, staged.integrity)
      const folder = settle(staged, slot, links)
      noteContents(contentsLink(path, staged.integrity), folder)
      return join(folder, 'node_modules', staged.name)
    },
    addSlot: (found, slot, links) => {
      const folder = newStaging()
      copyFolder(found.folder, join(folder, 'node_modules', found.name), { isCopy: false })
      const from = found.folder.slice(0, -join('node_modules', found.name).length)
      copyFile(join(from, 'files'), join(folder, 'files'), { isCopy: false })
      return join(settle({ ...found, folder }, slot, links), 'node_modules', found.name)
    },
    addBuilt: (built, slot, links) =>
      join(settle(stageBuilt(built, newStaging()), slot, links), 'node_modules', built.name),
    replaceBuilt: (built, slot, links) => {
      const staged = stageBuilt(built, newStaging())
      const aside = moveAside(slot)
      const folder = settle(staged, slot, links)
      remove(aside)
      return join(folder, 'node_modules', built.name)
    },
    hashOf: listedIntegrity,
    hasGyp: (integrity) => {
      const noted = listGyp(path) // One look for all packages: few have such a note.
      return noted.size > 0 && noted.has(basename(gypNote(path, integrity)))
    },
    removeSlot,
  }
}

/** What was built, as it stands in a slot. */
function stageBuilt(built: Found, folder: string): Staged {
  const place = join(folder, 'node_modules', built.name)
  mkdirSync(dirname(place), { recursive: true })
  move(built.folder, place)
  writeList(folder, built, settleBuilt(place))
  return { ...built, folder }
}

type Slots = Pick<Store, 'slotFolder' | 'hasSlot' | 'removeSlot'> & {
  readonly newStaging: () => string
  /** Takes a slot out of its place, and gives where it is now, if it was there. */
  readonly moveAside: (slot: SlotKey) => string
}

function openSlots(path: string, boot: string | undefined): Slots {
  const checks = createChecks(path, boot)
  const slotFolder = (slot: SlotKey): string => join(slotsPath(path), slot.slice(0, 2), slot)
  const own = join(path, 'staging', `${process.pid}-${randomBytes(6).toString('hex')}`)
  let count = 0
  const newStaging = (): string => `${own}-${count++}`
  const moveAside = (slot: SlotKey): string => {
    checks.noteRemoval()
    const aside = newStaging()
    try {
      move(slotFolder(slot), aside)
    } catch (error) {
      if (faultOf(error) !== 'ENOENT') throw error
    }
    return aside
  }
  const removeSlot = (slot: SlotKey): void => remove(moveAside(slot))
  const hasSlot = (slot: SlotKey): boolean => {
    const found = lstatSync(slotFolder(slot), { throwIfNoEntry: false })
    if (found === undefined) return false
    if (!checks.isOld(slot, found.ctimeMs)) return true
    if (findWrongSize(slotFolder(slot)) !== undefined) {
      removeSlot(slot)
      return false
    }
    checks.noteWhole(slot, found.ctimeMs)
    return true
  }
  return { slotFolder, hasSlot, removeSlot, newStaging, moveAside }
}

/** Where the slots of a store are. */
export function slotsPath(store: string): string {
  return join(store, 'slots')
}

function contentsLink(store: string, integrity: string): string {
  const digest = hash('sha256', integrity, 'hex').slice(0, 32)
  return join(store, 'contents', digest.slice(0, 2), digest)
}

function gypNote(store: string, integrity: string): string {
  return join(store, 'gyp', basename(contentsLink(store, integrity)))
}

const gypLists = new Map<string, ReadonlySet<string>>()

function listGyp(store: string): ReadonlySet<string> {
  const known = gypLists.get(store)
  if (known !== undefined) return known
  const folder = join(store, 'gyp')
  const found = new Set(existsSync(folder) ? readdirSync(folder) : [])
  gypLists.set(store, found)
  return found
}

function noteGyp(store: string, integrity: string): void {
  mkdirSync(join(store, 'gyp'), { recursive: true })
  writeFileSync(gypNote(store, integrity), '')
  gypLists.delete(store)
}

function findContents(
  { slotFolder, hasSlot }: Slots,
  link: string,
  name: string,
): string | undefined {
  try {
    const slot = basename(readlinkSync(link))
    const folder = join(slotFolder(slot), 'node_modules', name)
    return hasSlot(slot) && lstatSync(folder).isDirectory() ? folder : undefined
  } catch {
    return undefined // Not there, or its slot is gone: it is fetched again.
  }
}

/** Relative, so that the store can be moved: from slots/<hh>/<key>/node_modules to another slot's. */
function linkSlot(
  folder: string,
  { name, slot, target }: SlotLink,
  slotFolder: (slot: SlotKey) => string,
): void {
  const place = join(folder, name)
  const make = (text: string): void => inFolder(dirname(place), () => makeLink(text, place))
  if (process.platform === 'win32') {
    make(join(slotFolder(slot), 'node_modules', target))
    return
  }
  const up = '../'.repeat(name.includes('/') ? 4 : 3)
  const found = relative(dirname(dirname(slotFolder(slot))), slotFolder(slot))
  make(`${up}${found}/node_modules/${target}`)
}

function moveInto(from: string, to: string): void {
  try {
    move(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
    rmSync(from, { recursive: true, force: true })
  }
}

/** A link that is there already may lead to a slot that is gone. */
function noteContents(link: string, folder: string): void {
  const text = process.platform === 'win32' ? folder : relative(dirname(link), folder)
  try {
    inFolder(dirname(link), () => makeLink(text, link))
  } catch (error) {
    if (faultOf(error) !== 'EEXIST') throw error
    const own = `${link}.${process.pid}`
    makeLink(text, own)
    renameSync(own, link)
  }
}

/** Makes something in this folder, which is made only where it is missing: there are few of them, for a thousand packages. */
function inFolder(folder: string, make: () => void): void {
  try {
    make()
  } catch (error) {
    if (faultOf(error) !== 'ENOENT' || existsSync(folder)) throw error
    mkdirSync(folder, { recursive: true })
    make()
  }
}

/** Lets the programs of a package be started, before it has its place in the store. */
export function prepareBins(release: Release, folder: string): void {
  for (const path of binsOf(release, folder).values()) {
    const file = join(folder, path)
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === true) makeExecutable(file)
  }
}
