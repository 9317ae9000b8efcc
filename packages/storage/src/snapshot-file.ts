// The home of the trie's snapshot: one file of frames, each `u32 length ‖ bytes`. A power cut may lose or tear it, which
// its seal shows; so it costs no fsync.
import { closeSync, openSync, readSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { SnapshotHome } from '@stele/log'
import { isMissing, putFile } from './durable.ts'
import { maxFrameBytes } from './limits.ts'

const lengthBytes = 4

/** The snapshot in the file at this path. */
export function createSnapshotFile(path: string, sealKey: Uint8Array): SnapshotHome {
  return { sealKey, frames: () => readFrames(path), replace: (frames) => replace(path, frames) }
}

/** A frame lies in memory that is used again for the second one after it. */
function* readFrames(path: string): Generator<Uint8Array, void> {
  const file = openIfThere(path)
  if (file === undefined) return
  try {
    const length = Buffer.alloc(lengthBytes)
    let [memory, other] = [Buffer.alloc(0), Buffer.alloc(0)]
    while (readSync(file, length) === lengthBytes) {
      const size = length.readUInt32LE()
      if (size > maxFrameBytes) throw new Error(`a frame of ${size} bytes is over the limit`)
      if (size > memory.length) memory = Buffer.alloc(size)
      if (readSync(file, memory, 0, size, null) !== size) throw new Error('its last frame is cut')
      yield memory.subarray(0, size)
      ;[memory, other] = [other, memory]
    }
  } finally {
    closeSync(file)
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** One writer at a time: what a crash left of the temporary file goes first. */
async function replace(path: string, frames: AsyncIterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.tmp`
  await rm(temporary, { force: true })
  await putFile(path, withLengths(frames), { mode: 0o600, temporary, isLasting: false })
}

async function* withLengths(frames: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const frame of frames) {
    const length = Buffer.alloc(lengthBytes)
    length.writeUInt32LE(frame.length)
    yield Buffer.concat([length, frame])
  }
}
