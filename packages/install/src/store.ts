// The store: every package unpacked once, in a slot with links to what it depends on. What has its name is whole: it is made
// elsewhere and renamed. Layout: store/v1/slots/<hh>/<key>/node_modules/<name>, contents/<hh>/<digest> a link to a slot that has them.
import { hash, randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { readTarball } from '@stele/tarball'
import type { SlotKey } from './slot-keys.ts'

/** A store of packages on this machine; several processes may use one at the same time. */
export type Store = {
  readonly path: string
  /** Where the slot is, or will be. */
  readonly slotFolder: (slot: SlotKey) => string
  readonly hasSlot: (slot: SlotKey) => boolean
  /** The folder of an unpacked package with this integrity, in any slot. */
  readonly findContents: (integrity: string, name: string) => string | undefined
  /** Unpacks a tarball beside the slots. Throws tarball_invalid, tarball_too_large. */
  readonly unpack: (bytes: Buffer, what: Unpacked) => Staged
  /** Gives what was unpacked its place. Whoever comes second throws its own away. */
  readonly place: (staged: Staged, slot: SlotKey, links: readonly SlotLink[]) => string
}

type Unpacked = { readonly name: string; readonly integrity: string }

/** Unpacked, and not yet anybody's. */
export type Staged = Unpacked & { readonly folder: string }

/** A name that the package's code says, and the slot of the package that it means. */
export type SlotLink = { readonly name: string; readonly slot: SlotKey; readonly target: string }

/** Opens the store in this folder, or begins one. */
export function openStore(path: string): Store {
  const slots = join(path, 'slots')
  const contents = join(path, 'contents')
  const staging = join(path, 'staging')
  mkdirSync(staging, { recursive: true })
  const slotFolder = (slot: SlotKey): string => join(slots, slot.slice(0, 2), slot)
  const contentsLink = (integrity: string): string => {
    const digest = hash('sha256', integrity, 'hex').slice(0, 32)
    return join(contents, digest.slice(0, 2), digest)
  }
  return {
    path,
    slotFolder,
    hasSlot: (slot) => existsSync(slotFolder(slot)),
    findContents: (integrity, name) => {
      try {
        const link = contentsLink(integrity)
        const folder = join(dirname(link), readlinkSync(link), 'node_modules', name)
        return lstatSync(folder).isDirectory() ? folder : undefined
      } catch {
        return undefined // Not there, or its slot is gone: it is fetched again.
      }
    },
    unpack: (bytes, { name, integrity }) => {
      const folder = join(staging, `${process.pid}-${randomBytes(6).toString('hex')}`)
      writeFiles(bytes, join(folder, 'node_modules', name))
      return { name, integrity, folder }
    },
    place: (staged, slot, links) => {
      const folder = slotFolder(slot)
      for (const link of links) makeLink(join(staged.folder, 'node_modules'), link, slotFolder)
      mkdirSync(dirname(folder), { recursive: true })
      moveInto(staged.folder, folder)
      noteContents(contentsLink(staged.integrity), folder)
      return join(folder, 'node_modules', staged.name)
    },
  }
}

function writeFiles(bytes: Buffer, folder: string): void {
  const made = new Set<string>([folder])
  mkdirSync(folder, { recursive: true })
  for (const { path, mode, content } of readTarball(bytes).files) {
    const file = join(folder, path)
    const parent = dirname(file)
    if (!made.has(parent)) {
      mkdirSync(parent, { recursive: true })
      made.add(parent)
    }
    const descriptor = openSync(file, 'wx', mode === 755 ? 0o755 : 0o644)
    for (let at = 0; at < content.length; ) at += writeSync(descriptor, content, at)
    closeSync(descriptor)
  }
}

/** Relative, so that the store can be moved: from slots/<hh>/<key>/node_modules to another slot's. */
function makeLink(
  folder: string,
  { name, slot, target }: SlotLink,
  slotFolder: (slot: SlotKey) => string,
): void {
  const place = join(folder, name)
  if (name.includes('/')) mkdirSync(dirname(place), { recursive: true })
  const depth = name.includes('/') ? 1 : 0
  const up = '../'.repeat(3 + depth)
  const found = relative(dirname(dirname(slotFolder(slot))), slotFolder(slot))
  symlinkSync(`${up}${found}/node_modules/${target}`, place)
}

function moveInto(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
    rmSync(from, { recursive: true, force: true })
  }
}

/** A link that is there already may lead to a slot that is gone. */
function noteContents(link: string, folder: string): void {
  mkdirSync(dirname(link), { recursive: true })
  const target = relative(dirname(link), folder)
  const own = `${link}.${process.pid}`
  symlinkSync(target, own)
  renameSync(own, link)
}
