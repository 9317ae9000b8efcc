// Turns of processes at something that several of them use: locks of the operating system's, which end with the process that has them,
// however that ends. There is nothing in the file.
import { DatabaseSync } from 'node:sqlite'

/** SQLite's code for what another process has locked. */
const busy = 5

/** `alone`, or `together` with others that do not want it alone. */
export type TurnMode = 'alone' | 'together'

/** Takes the turn of this file, or gives undefined where somebody else has it. It ends when it is disposed of. */
export function takeTurn(path: string, mode: TurnMode): Disposable | undefined {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    const together = 'BEGIN; SELECT count(*) FROM sqlite_schema' // Reading is what holds it.
    database.exec(mode === 'alone' ? 'BEGIN EXCLUSIVE' : together)
  } catch (cause) {
    database.close()
    if (cause instanceof Error && 'errcode' in cause && cause.errcode === busy) return undefined
    throw cause
  }
  return { [Symbol.dispose]: () => database.close() }
}
