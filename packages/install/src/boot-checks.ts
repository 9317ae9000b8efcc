// Which slots have to be looked at after the machine was started again: unpacking waits for no disk, so what was written shortly before the
// power was cut may be there by name and without its bytes. Each slot is looked at once.
import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SlotKey } from './slot-keys.ts'

/** What a store knows of its slots' state. */
export type Checks = {
  /** Whether the slot was made before this start of the machine, and nobody has looked at it since. */
  readonly isOld: (slot: SlotKey, changedMs: number) => boolean
  readonly noteWhole: (slot: SlotKey) => void
  /** Something is being removed: projects that remember to have it must look again. */
  readonly noteRemoval: () => void
}

/** The file that changes whenever something is removed from the store. */
export function removalsPath(store: string): string {
  return join(store, 'removals')
}

/** The checks of the store in this folder; without `boot` all slots count as whole. */
export function createChecks(store: string, boot: string | undefined): Checks {
  const path = join(store, 'checked')
  const sinceMs = boot === undefined ? 0 : startOf(store, boot)
  let known: Set<SlotKey> | undefined
  return {
    isOld: (slot, changedMs) => {
      if (changedMs >= sinceMs) return false
      known ??= readKnown(path)
      return !known.has(slot)
    },
    noteWhole: (slot) => {
      known?.add(slot)
      appendFileSync(path, `${slot}\n`)
    },
    noteRemoval: () => appendFileSync(removalsPath(store), '-'),
  }
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
  return statSync(path).mtimeMs
}

function readKnown(path: string): Set<SlotKey> {
  try {
    return new Set(readFileSync(path, 'utf8').split('\n'))
  } catch {
    return new Set()
  }
}
