// The public folder on this disk: what any web server can serve as it is.
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PublicFolder } from '@stele/log'
import type { PublishedFiles } from '@stele/log/published'
import { bytesPerRead, givenAwayBytes, maxChangesAtOnce, maxChangesBytes } from './limits.ts'
import type { FolderChange } from './public-files.ts'

/** Makes changes of a folder in their order: all of them, or it throws what went wrong. */
export type ChangeFolder = (changes: readonly FolderChange[]) => Promise<void>

/** A folder that is changed by many changes at a time: each way to whoever makes them costs more than most of them. */
export function createPublicFolder(change: ChangeFolder): PublicFolder {
  let waiting: FolderChange[] = []
  let waitingBytes = 0
  let unsynced = 0
  const flush = async (): Promise<void> => {
    const changes = waiting
    ;[waiting, waitingBytes] = [[], 0]
    await change(changes)
    for (const one of changes) if ('put' in one) letGo(one.bytes)
  }
  const add = async (one: FolderChange, bytes = 0): Promise<void> => {
    waiting.push(one)
    waitingBytes += bytes
    unsynced++
    if (waiting.length >= maxChangesAtOnce || waitingBytes >= maxChangesBytes) await flush()
  }
  const sync = async (): Promise<void> => {
    waiting.push({ sync: true })
    await flush()
    unsynced = 0
  }
  return {
    write: (path, bytes) => add({ put: path, bytes }, bytes.length),
    writeDurably: async (path, bytes) => {
      await add({ put: path, bytes }, bytes.length)
      await sync()
    },
    copy: (path, from) => add({ copy: path, from }),
    remove: (path) => add({ remove: path }),
    sync,
    unsynced: () => unsynced,
  }
}

/** Frees what is large at once: until somebody looks for garbage, a few hundred MB would gather. */
function letGo({ length, buffer }: Uint8Array): void {
  const isOwn = length >= givenAwayBytes && length === buffer.byteLength
  if (isOwn && buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0)
}

/** What lies in the folder at this path. */
export function createPublishedFiles(root: string): PublishedFiles {
  return {
    read: (path) => {
      const place = join(root, path)
      return existsSync(place) ? readFileSync(place) : undefined
    },
    list: (path) => {
      const place = join(root, path)
      return existsSync(place) ? readdirSync(place) : []
    },
    has: (path) => existsSync(join(root, path)),
    pieces: (path) => createReadStream(join(root, path), { highWaterMark: bytesPerRead }),
  }
}
