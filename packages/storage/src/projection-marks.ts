// How far each projection of a log is: one row for each, changed in the transaction that changes the projection.
import type { DatabaseSync } from 'node:sqlite'
import type { ProjectionHome, ProjectionMark } from '@stele/replica'

/** SQL of the marks' table. */
export const projectionSchema = `
CREATE TABLE IF NOT EXISTS projection (
  name TEXT PRIMARY KEY,
  version TEXT NOT NULL,
  size INTEGER NOT NULL
);
`

/** Reads and writes one projection's mark. */
export function createMarks(
  db: DatabaseSync,
  name: string,
): Pick<ProjectionHome<never>, 'mark' | 'saveMark'> {
  const save = db.prepare(
    `INSERT INTO projection (name, version, size) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET version = excluded.version, size = excluded.size`,
  )
  return {
    mark: markReader(db, name),
    saveMark: ({ version, size }) => void save.run(name, version, size),
  }
}

/** Reads one projection's mark, over a connection that may only read. */
export function markReader(db: DatabaseSync, name: string): () => ProjectionMark | undefined {
  const read = db.prepare('SELECT version, size FROM projection WHERE name = ?')
  return () => {
    const row = read.get(name)
    if (row === undefined) return undefined
    return { version: String(row['version']), size: Number(row['size']) }
  }
}
