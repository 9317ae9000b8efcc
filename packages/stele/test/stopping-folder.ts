// A folder that takes so many changes, and then none, as when the process is killed there.
import assert from 'node:assert/strict'
import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FolderChange } from '@stele/storage/files'
import type { OpenFiles } from '../src/clone/clone-service.ts'

/** Runs it with such a folder. Says whether it was stopped. */
export async function stopAfter(
  allowed: number,
  run: (openFiles: OpenFiles) => Promise<unknown>,
): Promise<boolean> {
  let made = 0
  const stopped = new Error('The process was killed')
  try {
    await run((root) => (changes) => {
      for (const change of changes) {
        if (made++ === allowed) throw stopped
        changeQuickly(root, change)
      }
    })
    return false
  } catch (error) {
    if (error !== stopped) throw error
    return true
  }
}

/** Nothing waits for the disk: no power is cut here. */
function changeQuickly(root: string, change: FolderChange): void {
  const place = (path: string): string => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    return join(root, path)
  }
  if ('put' in change) writeFileSync(place(change.put), change.bytes)
  else if ('folder' in change) mkdirSync(join(root, change.folder), { recursive: true })
  else if ('link' in change) {
    rmSync(place(change.link), { force: true })
    linkSync(change.from, place(change.link))
  } else if ('remove' in change) rmSync(join(root, change.remove), { recursive: true, force: true })
  else assert.ok('sync' in change)
}
