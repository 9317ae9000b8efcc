// What the registry still decides by: values that calls read again and again, and that can be changed first.
import { parseEffects, readPart } from '@stele/entries/parts'
import { parsePackageObject } from '@stele/releases/state'
import type { LogReader } from '@stele/storage'

/** Parts of a package whose values the rules read before they change them. Withheld, they could not be changed again. */
const readParts = ['notices']

/** What an entry wrote that is still in use, in words: `the notices of "left-pad"`; undefined where nothing is. */
export function createValuesInUse(
  reader: Pick<LogReader, 'entries' | 'row'>,
): (entry: number) => string | undefined {
  return (index) => {
    const effects = reader.entries(index, 1)[0]?.effects
    if (effects === undefined || effects === null) return undefined
    for (const [object, field, valueHash] of parseEffects(readPart(effects)).writes) {
      const place = parsePackageObject(object)
      if (place === undefined || !readParts.includes(place.part)) continue
      const row = reader.row(object, field)
      const isCurrent = row !== undefined && Buffer.from(row.hash).toString('hex') === valueHash
      if (isCurrent && !('withheld' in row.value)) return `the ${place.part} of "${place.name}"`
    }
    return undefined
  }
}
