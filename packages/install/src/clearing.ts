// What is looked through and removed in a store as a whole. Nobody may install from it meanwhile.
import { existsSync, lstatSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { remove } from './moves.ts'
import { findDamage, readList } from './slot-files.ts'
import type { SlotKey } from './slot-keys.ts'
import { openStore } from './store.ts'

/** A slot that does not hold what was unpacked into it. */
export type Damaged = {
  readonly slot: SlotKey
  /** The package, as far as its slot tells. */
  readonly name: string
  readonly files: readonly string[]
}

/** Reads all that the store holds, and removes the slots that are damaged: the next installation that needs them fetches them again. */
export function verifyStore(path: string): {
  readonly slots: number
  readonly damaged: readonly Damaged[]
} {
  const store = openStore(path)
  const slots = slotsOf(path)
  const damaged = slots.flatMap((slot) => {
    const folder = store.slotFolder(slot)
    const files = findDamage(folder)
    return files.length === 0 ? [] : [{ slot, name: readList(folder)?.name ?? slot, files }]
  })
  for (const { slot } of damaged) store.removeSlot(slot)
  clearContents(path)
  return { slots: slots.length, damaged }
}

/** Removes the slots that are not among these, and what interrupted installations left; or tells what that would be. */
export function pruneStore(
  path: string,
  live: ReadonlySet<SlotKey>,
  { isDryRun = false }: { readonly isDryRun?: boolean } = {},
): { readonly kept: number; readonly removed: number; readonly bytes: number } {
  const store = openStore(path)
  const slots = slotsOf(path)
  const others = slots.filter((slot) => !live.has(slot))
  let bytes = 0
  for (const slot of others) {
    bytes += ownBytes(store.slotFolder(slot))
    if (!isDryRun) store.removeSlot(slot)
  }
  const report = { kept: slots.length - others.length, removed: others.length, bytes }
  if (isDryRun) return report
  for (const name of readdirSync(join(path, 'staging'))) remove(join(path, 'staging', name))
  clearContents(path)
  return report
}

function slotsOf(path: string): readonly SlotKey[] {
  const folder = join(path, 'slots')
  return listFolder(folder).flatMap((start) => listFolder(join(folder, start)))
}

function listFolder(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).toSorted() : []
}

/** Bytes that nobody else has a name for. */
function ownBytes(slot: string): number {
  const list = readList(slot)
  if (list === undefined) return 0
  const sizes = list.files.map((file) => {
    const found = lstatSync(join(slot, 'node_modules', list.name, file.path), {
      throwIfNoEntry: false,
    })
    return found?.nlink === 1 ? found.size : 0
  })
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Links to slots that are gone: another slot may have the same contents, and is found when these are fetched again. */
function clearContents(path: string): void {
  const folder = join(path, 'contents')
  for (const start of listFolder(folder)) {
    for (const name of listFolder(join(folder, start))) {
      const link = join(folder, start, name)
      const slot = resolve(dirname(link), readlinkSync(link))
      if (!existsSync(slot) || basename(link).includes('.')) rmSync(link, { force: true })
    }
  }
}
