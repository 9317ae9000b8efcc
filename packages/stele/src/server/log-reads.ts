// What faces read of a log, over what is stored of it.
import type { LogReads } from '@stele/faces/log'
import { makeBundle, makeTile } from '@stele/log'
import type { LogReader } from '@stele/storage'
import { createTakenDown } from './taken-down.ts'

/** Reads of this log. `noteServed` hears of every checkpoint that is shown, by its size. */
export function createLogReads(
  reader: LogReader,
  keys: string,
  noteServed: (size: number) => void,
): LogReads {
  const treeSize = (): number => reader.head()?.size ?? 0
  const show = (part: 'checkpoint' | 'head') => (): Uint8Array | undefined => {
    const head = reader.head()
    if (head !== undefined) noteServed(head.size)
    return bytesOf(head?.[part])
  }
  return {
    checkpoint: show('checkpoint'),
    head: show('head'),
    keys: () => keys,
    treeSize,
    tile: (level, index, width) => makeTile(reader, treeSize(), { level, index, width }),
    bundle: (kind, index, width) => makeBundle(reader, treeSize(), { kind, index, width }),
    blob: (name) => {
      const blob = reader.blobs.find(name)
      if (blob === undefined || blob instanceof Uint8Array) return blob
      return { file: blob.path, size: blob.size }
    },
    takenDown: createTakenDown(reader),
  }
}

function bytesOf(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : Buffer.from(text)
}
