// What takedowns in the log have named: only that may be missing from the store.
import type { WithheldPart } from '@stele/entries/bodies'
import { bundleWidth, type KeptEntry, parseValues } from '@stele/entries/parts'
import { withheldBetween } from './publish-withheld.ts'
import type { PublisherPorts } from './publisher-ports.ts'

/** Reads the takedowns when it is first asked, and those that came since each time. */
export type TakenDown = {
  /** Whether a takedown names what these entries lack, the first of which has this index. Throws for bytes that nobody can read. */
  readonly explains: (start: number, entries: readonly KeptEntry[]) => Promise<boolean>
  readonly hasBlob: (blob: string) => Promise<boolean>
}

export function createTakenDown(
  ports: Pick<PublisherPorts, 'files' | 'head' | 'breathe'>,
): TakenDown {
  const blobs = new Set<string>()
  /** As they came: a takedown may name very many values of an entry. */
  const parts = new Map<number, EntryPart[]>()
  let readTo = 0
  const catchUp = async (): Promise<void> => {
    for (;;) {
      const size = ports.head()?.size ?? 0
      if (readTo >= size) return
      const end = Math.min(size, readTo + bundleWidth)
      for (const part of withheldBetween(ports, readTo, end)) {
        if ('blob' in part) blobs.add(part.blob)
        else if (parts.get(part.entry)?.push(part) === undefined) parts.set(part.entry, [part])
      }
      readTo = end
      await ports.breathe()
    }
  }
  return {
    explains: async (start, entries) => {
      if (entries.every((entry) => isExplained(entry, []))) return true
      await catchUp() // After the entries were read: what has taken something from them is in the log.
      return entries.every((entry, i) => isExplained(entry, parts.get(start + i) ?? []))
    },
    hasBlob: async (blob) => {
      if (!blobs.has(blob)) await catchUp()
      return blobs.has(blob)
    },
  }
}

type EntryPart = Extract<WithheldPart, { readonly entry: number }>

/** Whether the parts name all that the entry lacks. */
function isExplained({ body, effects, values }: KeptEntry, parts: readonly EntryPart[]): boolean {
  const isNamed = (part: EntryPart['part']): boolean =>
    parts.some((one) => one.part === part && !('writes' in one && one.writes !== undefined))
  if (body === null && !isNamed('body')) return false
  if (effects === null && !isNamed('effects')) return false
  if (isNamed('values')) return true
  if (values === null) return false
  const named = new Set(
    parts.flatMap((one) => ('writes' in one && one.writes !== undefined ? one.writes : [])),
  )
  return parseValues(values).every((value, at) => !('withheld' in value) || named.has(at))
}
