// Bodies in tiny chunks: taking them apart costs far more than sending them, and while it lasts nobody else has a turn.
import { SteleError } from '@stele/errors'
import { chunksPerLook, minMeanChunkBytes } from './limits.ts'

/** Watches one body: hears the size of each chunk as it came over the wire, and gives the error that the body ends with. */
export function createChunkWatch(): (sizeBytes: number) => SteleError | undefined {
  let [count, sinceBytes] = [0, 0]
  return (sizeBytes) => {
    count++
    sinceBytes += sizeBytes
    if (count < chunksPerLook) return undefined
    if (sinceBytes < chunksPerLook * minMeanChunkBytes) {
      const details = { chunks: chunksPerLook, leastBytes: minMeanChunkBytes }
      return new SteleError('chunks_too_small', details)
    }
    // Looked at anew each time: one large chunk must not pay for many tiny ones.
    count = sinceBytes = 0
    return undefined
  }
}
