// What tells that a database failed. It loads nothing: the process asks only after something went wrong.

/** True for the error of a database that cannot be read or written. */
export function isDatabaseError(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_SQLITE_ERROR'
}
