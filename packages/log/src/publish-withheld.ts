// What takedowns take out of the public folder.
import type { WithheldPart } from '@stele/entries/bodies'
import { entryKinds, parseLeaf } from '@stele/entries/leaf'
import { bundleWidth, readBodyPart } from '@stele/entries/parts'
import { blobPath, bundlePath, logFolder as root, withholdableKinds } from '@stele/entries/paths'
import { publishBundle } from './publish-pieces.ts'
import type { PublisherPorts } from './publisher-ports.ts'

/**
 * Makes again what takedowns among the new entries have taken parts from. Narrower pieces of an unfinished bundle hold
 * those parts too: they go, but for the one that the checkpoint published before needs.
 */
export async function publishWithheld(
  ports: PublisherPorts,
  from: number,
  size: number,
): Promise<void> {
  const numbers = new Set<number>()
  for (const part of withheldBetween(ports, from, size)) {
    if ('blob' in part) await ports.folder.remove(root + blobPath(part.blob))
    else numbers.add(Math.floor(part.entry / bundleWidth))
  }
  for (const index of numbers) {
    const widths = [from, size].map((end) => Math.min(bundleWidth, end - index * bundleWidth))
    for (const kind of withholdableKinds) {
      const full = bundlePath(kind, { index, width: bundleWidth })
      await ports.folder.remove(`${root}${full}.p`)
      for (const width of new Set(widths)) {
        if (width > 0) await publishBundle(ports, size, { index, width, kind })
      }
    }
  }
}

/** What the takedowns among these entries name. A takedown takes nothing from what comes after it. */
export function* withheldBetween(
  { files }: Pick<PublisherPorts, 'files'>,
  from: number,
  size: number,
): Iterable<WithheldPart> {
  for (let start = from; start < size; start += bundleWidth) {
    const entries = files.entries(start, Math.min(bundleWidth, size - start))
    for (const [i, entry] of entries.entries()) {
      const { kind } = parseLeaf(entry.leaf)
      if (kind !== entryKinds.takedown || entry.body === null) continue
      const { body } = readBodyPart(kind, entry.body)
      if (!('withhold' in body)) continue
      for (const part of body.withhold) if ('blob' in part || part.entry < start + i) yield part
    }
  }
}
