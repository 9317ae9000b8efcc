// The entries of a log in chunks of 256, as they are bundled: fetched a few ahead, each file once.
import { bundleWidth } from '@stele/entries/parts'
import { bundlesOf, type TileNumber } from '@stele/tlog/tiles'
import { chunksAhead, maxEntryBundleBytes, maxRecordBundleBytes } from './limits.ts'
import { type Bundle, type Fetch, type FetchedTile, fetchBundle, fetchTile } from './log-files.ts'

/** One chunk's files. Its entries are `start` to `start + width`. */
export type Chunk = {
  readonly start: number
  readonly width: number
  readonly tile: FetchedTile
  readonly leaves: Bundle
  readonly bodies: Bundle
  readonly effects: Bundle
  readonly values: Bundle
}

/** The chunks that hold the entries from `from` to `size`, in order; the first one may begin before `from`. */
export async function* fetchChunks(
  fetch: Fetch,
  from: number,
  size: number,
): AsyncGenerator<Chunk, void> {
  const places = bundlesOf(from, size)
  const waiting: Promise<Chunk>[] = []
  const ask = (place: TileNumber | undefined): void => {
    if (place === undefined) return
    const chunk = fetchChunk(fetch, place)
    chunk.catch(() => undefined) // Its turn may never come; when it does, the failure is thrown below.
    waiting.push(chunk)
  }
  places.slice(0, chunksAhead).forEach(ask)
  for (const position of places.keys()) {
    ask(places[position + chunksAhead])
    const chunk = await waiting.shift()
    if (chunk !== undefined) yield chunk
  }
}

async function fetchChunk(fetch: Fetch, place: TileNumber): Promise<Chunk> {
  const records = { place, maxBytes: maxRecordBundleBytes }
  const start = place.index * bundleWidth
  const [tile, leaves, bodies, effects, values] = await Promise.all([
    fetchTile(fetch, { ...place, level: 0 }, start),
    fetchBundle(fetch, 'entries', { place, maxBytes: maxEntryBundleBytes }),
    fetchBundle(fetch, 'body', records),
    fetchBundle(fetch, 'effects', records),
    fetchBundle(fetch, 'value', records),
  ])
  return { start, width: place.width, tile, leaves, bodies, effects, values }
}
