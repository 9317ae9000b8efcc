// Compares the rows of the state with the trie, behind the log: a start trusts the trie alone, whose root is signed.
// Rows change meanwhile, but every commit changes both sides alike, so that what was compared stays right.
import type { Trie } from '@stele/state'
import { isSameHash } from '@stele/tlog/tree'
import { isValueOf, leafOf } from './checked-state.ts'
import { rowsPerTurn } from './limits.ts'
import type { KeptRow, LogStore } from './ports.ts'

/**
 * Looks at every row in short turns. Gives what is wrong with the first one that differs, and undefined when all agree or
 * `rest` says to stop. `rest` is awaited between two turns.
 */
export async function compareRows(
  store: Pick<LogStore, 'rowsAfter' | 'rowCount'>,
  trie: Trie,
  rest: () => Promise<boolean>,
): Promise<string | undefined> {
  let last: KeptRow | undefined
  for (;;) {
    if (!(await rest())) return undefined
    if (trie.isGroupOpen) continue // The trie is ahead of the rows until the commit is done.
    // At the first turn most of what is missing shows; after the last all of it does.
    if (last === undefined && store.rowCount() !== trie.leafCount) return countFault(store, trie)
    const rows = store.rowsAfter(last, rowsPerTurn)
    for (const row of rows) {
      const fault = rowFault(row, trie)
      if (fault !== undefined) return fault
    }
    last = rows.at(-1)
    if (last === undefined) return countFault(store, trie)
  }
}

/** Says that rows are missing or were added. What was compared before is as many rows as it was. */
function countFault(store: Pick<LogStore, 'rowCount'>, trie: Trie): string | undefined {
  const count = store.rowCount()
  if (count === trie.leafCount) return undefined
  return `its state has ${count} rows, its last leaf commits to ${trie.leafCount}`
}

function rowFault({ object, field, hash, read }: KeptRow, trie: Trie): string | undefined {
  const wanted = leafOf(trie, object, field)
  const name = `"${object}" "${field}"`
  if (wanted === undefined) return `its state has a row ${name} that its last leaf does not know`
  if (!isSameHash(hash, wanted))
    return `its row ${name} is not the one that its last leaf commits to`
  const value = read()
  if (value === undefined || isValueOf(value, wanted)) return undefined // A withheld one is never run on.
  return `the value of ${name} does not hash to its hash`
}
