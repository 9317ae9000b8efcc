// Bounds what a program reads into its memory: a service may go on telling for ever.
import { SteleError } from '@stele/errors'
import { maxReadBytes, maxReadParts } from './limits.ts'

/** What is left of the room. */
export type ReadRoom = {
  /** Counts what was read: bytes, and entries or files. Throws `read_too_large` where it is too much. */
  readonly take: (bytes: number, parts: number) => void
}

/** The room for one service; `instead` is the command that reads it piece by piece. */
export function createReadRoom({
  url,
  instead,
}: {
  readonly url: string
  readonly instead: string
}): ReadRoom {
  let [bytes, parts] = [0, 0]
  return {
    take: (moreBytes, moreParts) => {
      bytes += moreBytes
      parts += moreParts
      if (bytes <= maxReadBytes && parts <= maxReadParts) return
      throw new SteleError('read_too_large', { url, instead })
    },
  }
}
