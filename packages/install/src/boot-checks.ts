// Which slots have to be looked at after the machine was started again: unpacking waits for no disk, so what was written shortly before the
// power was cut may be there by name and without its bytes. Each slot is looked at once after it was made.
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { maxBoots } from './limits.ts'
import type { SlotKey } from './slot-keys.ts'

/** What a store knows of its slots' state. */
export type Checks = {
  /** Whether the slot was made before this start of the machine, and nobody has looked at it since. */
  readonly isOld: (slot: SlotKey, changedMs: number) => boolean
  readonly noteWhole: (slot: SlotKey, changedMs: number) => void
  /** Something is being removed: projects that remember to have it must look again. */
  readonly noteRemoval: () => void
}

/** The file that changes whenever something is removed from the store. */
export function removalsPath(store: string): string {
  return join(store, 'removals')
}

/** How many removals the store has seen, each of which may have taken files that a project still has. */
export function removalsOf(store: string): number {
  return statSync(removalsPath(store), { throwIfNoEntry: false })?.size ?? 0
}

/** The checks of the store in this folder; without `boot` all slots count as whole. */
export function createChecks(store: string, boot: string | undefined): Checks {
  const path = join(store, 'checked')
  const sinceMs = boot === undefined ? 0 : startOf(store, boot)
  let known: Set<string> | undefined
  return {
    isOld: (slot, changedMs) => {
      if (changedMs >= sinceMs) return false
      known ??= readKnown(path)
      return !known.has(making(slot, changedMs))
    },
    noteWhole: (slot, changedMs) => {
      known?.add(making(slot, changedMs))
      appendFileSync(path, `${making(slot, changedMs)}\n`)
    },
    noteRemoval: () => appendFileSync(removalsPath(store), '-'),
  }
}

/** A slot that was removed and made anew is another one: what was written the second time may be lost as well. */
function making(slot: SlotKey, changedMs: number): string {
  return `${slot} ${changedMs}`
}

/** When this start of the machine first came to the store, by the disk's own clock. */
function startOf(store: string, boot: string): number {
  const folder = join(store, 'boots')
  const path = join(folder, boot.replaceAll(/[^\w-]/g, '_'))
  const found = statSync(path, { throwIfNoEntry: false })
  if (found !== undefined) return found.mtimeMs
  mkdirSync(folder, { recursive: true })
  try {
    writeFileSync(path, '', { flag: 'wx' })
  } catch {
    // Another process was first.
  }
  const startMs = statSync(path).mtimeMs
  forgetBoots(folder, path)
  return startMs
}

/** Removes all but the last starts. One that is forgotten and comes again only has slots looked at once more. */
function forgetBoots(folder: string, own: string): void {
  const others = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => path !== own)
    .map((path) => ({ path, atMs: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((one, other) => other.atMs - one.atMs)
  for (const { path } of others.slice(maxBoots - 1)) rmSync(path, { force: true })
}

function readKnown(path: string): Set<string> {
  try {
    return new Set(readFileSync(path, 'utf8').split('\n'))
  } catch {
    return new Set()
  }
}
