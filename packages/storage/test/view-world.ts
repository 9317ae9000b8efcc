// What tests of the views publish into them.
import { DatabaseSync } from 'node:sqlite'
import type { ViewWrite } from '@stele/registry'
import type { SearchPage, ViewReader } from '@stele/registry/reading'
import type { VersionPieces } from '@stele/releases/release'
import { projectionSchema } from '../src/projection-marks.ts'
import { createViewReader } from '../src/view-reader.ts'
import { prepareViews } from '../src/view-store.ts'
import { applyViewWrites } from '../src/view-writes.ts'

type Published = {
  readonly name: string
  readonly version?: string
  readonly keywords?: readonly string[]
  readonly description?: string
}

function piecesOf(name: string, summary: object): VersionPieces {
  return {
    sha512: '00',
    full: `/${name}/full`,
    abbreviated: `/${name}/short`,
    summary: JSON.stringify(summary),
    readme: `# ${name}`,
  }
}

export function published(
  entry: number,
  { name, version = '1.0.0', ...summary }: Published,
): readonly ViewWrite[] {
  const timeMs = 1000 * entry
  return [
    { kind: 'touch', name, rev: `${entry}-ab`, timeMs },
    {
      kind: 'version',
      name,
      version,
      entry,
      timeMs,
      publisher: 'alice',
      tags: ['latest'],
      pieces: piecesOf(name, summary),
    },
    { kind: 'latest', name, version },
  ]
}

export function open(...entries: readonly (readonly ViewWrite[])[]): {
  db: DatabaseSync
  views: ViewReader
} {
  const db = new DatabaseSync(':memory:')
  db.exec(projectionSchema)
  prepareViews(db)
  prepareViews(db) // Every start runs it.
  for (const writes of entries) applyViewWrites(db, writes)
  return { db, views: createViewReader(db) }
}

export const page: SearchPage = { exact: '', words: [], keywords: [], from: 0, size: 20 }

/** Some packages to be found. */
export const library: readonly (readonly ViewWrite[])[] = [
  published(1, {
    name: 'left-pad',
    description: 'Pads text on the left',
    keywords: ['pad', 'text'],
  }),
  published(2, { name: 'pad', description: 'The one', keywords: ['leftpad'] }),
  published(3, { name: '@team/padding', description: 'Größe für Text', keywords: ['größe'] }),
  published(4, { name: 'other', description: 'mentions pad in passing' }),
  published(5, { name: 'JSONStream', keywords: ['stream'] }),
]
