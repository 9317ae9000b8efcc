// Why a blob is not there any more: what the takedowns in the log say of it.
import { parseLeaf } from '@stele/entries/leaf'
import { readBodyPart } from '@stele/entries/parts'
import type { LogReader } from '@stele/storage'

/** Tells the reason of a blob's takedown. It is asked only for what is missing, and reads each entry's kind once. */
export function createTakenDown(
  reader: Pick<LogReader, 'head' | 'takedowns'>,
): (blob: string) => string | undefined {
  const reasons = new Map<string, string>()
  let readTo = 0
  return (blob) => {
    const size = reader.head()?.size ?? 0
    if (readTo < size) {
      for (const { leaf, body } of reader.takedowns(readTo)) {
        if (body === null) continue
        const found = readBodyPart(parseLeaf(leaf).kind, body).body
        if (!('withhold' in found)) continue
        for (const part of found.withhold) if ('blob' in part) reasons.set(part.blob, found.reason)
      }
      readTo = size
    }
    return reasons.get(blob)
  }
}
