// What tells that a database failed, and how. It loads no database: the process that prints errors asks it too.
import { SteleError } from '@stele/errors'

/** True for the error of a database that cannot be read or written. */
export function isDatabaseError(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_SQLITE_ERROR'
}

/** SQLite's code for a disk, or a database, that has no room left. */
const sqliteFull = 13

/** Makes a change. Throws `disk_full` where there is no room for it. */
export function tellFull<T>(change: () => T): T {
  try {
    return change()
  } catch (error) {
    throw named(error)
  }
}

/** As tellFull(), for work on files. */
export async function tellFullLater<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw named(error)
  }
}

function named(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause
  const isFull =
    ('errcode' in cause && cause.errcode === sqliteFull) ||
    ('code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT'))
  return isFull ? new SteleError('disk_full', {}, { cause }) : cause
}

/** For a change that can wait or be lost: a database that cannot be written must keep nobody from reading. */
export function ignoreFull(change: () => void): void {
  try {
    change()
  } catch (error) {
    if (!(error instanceof Error && isDatabaseError(error))) throw error
  }
}
