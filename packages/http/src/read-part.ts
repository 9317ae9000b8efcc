// Reads a small file at once, into a buffer that was used before: a stream, or a new buffer each time, costs more than the reading.
import { closeSync, openSync, readSync } from 'node:fs'
import type { FilePart } from './exchange.ts'
import { maxSpareBuffers, maxWholeFileBytes } from './limits.ts'

/** Bytes of a file in a borrowed buffer. */
export type ReadPart = {
  readonly view: Uint8Array
  /** To be called when the system has taken the bytes, and not before: then others are read into their place. */
  readonly giveBack: () => void
}

const spare: Buffer[] = []

/** A part of at most `maxWholeFileBytes`. The file is opened anew each time: what was taken down must not stay readable. */
export function readPart({ file, start, end }: FilePart): ReadPart {
  const descriptor = openSync(file, 'r')
  const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(maxWholeFileBytes)
  const giveBack = (): void => {
    if (spare.length < maxSpareBuffers) spare.push(buffer)
  }
  try {
    const length = end - start
    let filled = 0
    while (filled < length) {
      const count = readSync(descriptor, buffer, filled, length - filled, start + filled)
      if (count === 0) throw new Error(`The file "${file}" ends after ${start + filled} bytes`)
      filled += count
    }
    return { view: buffer.subarray(0, length), giveBack }
  } catch (error) {
    giveBack()
    throw error
  } finally {
    closeSync(descriptor)
  }
}
