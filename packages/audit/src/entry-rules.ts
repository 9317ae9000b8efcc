// What holds of every entry, whatever the script says: its place, its time, whose it is.
import { entryKinds } from '@stele/entries/leaf'
import { keysObject, logObject } from '@stele/entries/transition'
import type { EntryFault, EntryParts } from './entry-parts.ts'

/** What is known of the log before an entry. */
export type BeforeEntry = {
  readonly origin: string
  /** The operator's account; undefined where the genesis body is withheld. */
  readonly operator: string | undefined
  readonly timeMs: number
}

/** What is wrong with an entry as far as that can be told without a script, or undefined. */
export function findEntryFault(parts: EntryParts, before: BeforeEntry): EntryFault | undefined {
  const { index, leaf, body } = parts
  if (leaf.timeMs < before.timeMs) {
    const wanted = `at least ${before.timeMs}, the time of the entry before`
    return { what: 'its time', found: String(leaf.timeMs), wanted }
  }
  if ((leaf.kind === entryKinds.genesis) !== (index === 0)) {
    const wanted = index === 0 ? '0 (genesis)' : '1 to 4'
    return { what: 'its kind', found: String(leaf.kind), wanted }
  }
  if (body === undefined || body.kind === entryKinds.memory) return undefined
  if (body.body.origin !== before.origin) {
    return { what: 'its origin', found: body.body.origin, wanted: before.origin }
  }
  if (body.kind !== entryKinds.call || body.body.via.type !== 'host') return undefined
  if (before.operator === undefined || body.body.account === before.operator) return undefined
  const found = String(body.body.account)
  return { what: 'the account of its call via "host"', found, wanted: before.operator }
}

/** What is wrong with a write that is carried on without the script having been run, or undefined. */
export function findWriteFault({ leaf }: EntryParts, object: string): EntryFault | undefined {
  if (leaf.kind === entryKinds.genesis) return undefined
  const isConfig = leaf.kind === entryKinds.config && object === logObject
  const isCall =
    leaf.kind === entryKinds.call && (object.startsWith('/') || object.startsWith(keysObject('')))
  if (isConfig || isCall) return undefined
  return { what: 'its writes', found: `the object "${object}"`, wanted: 'one that its kind writes' }
}
