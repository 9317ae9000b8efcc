// Runs an entry's body on the state right before it, and compares what it does with what is recorded.
import type { Body } from '@stele/entries/bodies'
import type { Executor } from '@stele/entries/calls'
import { formatEffects } from '@stele/entries/parts'
import { applyBody, type Transition } from '@stele/entries/transition'
import { isSteleError, SteleError } from '@stele/errors'
import type { BlobCache } from './blob-cache.ts'
import { decode, entryMismatch } from './entry-parts.ts'
import { quoteDifference } from './quote.ts'
import type { StateView } from './state-view.ts'

/** What came of it: what is recorded, or nothing that can be said, since it read a value or blobs that are gone. */
type Ran =
  | { readonly kind: 'done'; readonly done: Transition }
  | { readonly kind: 'withheld' }
  | { readonly kind: 'absent'; readonly blobs: readonly string[] }

type Entry = {
  readonly index: number
  readonly timeMs: number
  readonly seed: Uint8Array
  readonly body: Body
  /** As recorded; undefined where they are withheld. */
  readonly effects: Uint8Array | undefined
}

type Ground = {
  readonly state: StateView
  readonly executor: Executor
  readonly blobs: BlobCache
  /** Blobs that the executor asked for in this run and that the service does not have. */
  readonly absent: ReadonlySet<string>
}

/**
 * Runs it. Throws `entry_mismatch`, `entry_not_run`; any error where a blob has still to be fetched, and then it is to be run again
 * from its start: BlobCache knows. That comes before all else, or the need would be laid upon the next entry.
 */
export function runBody(entry: Entry, { state, executor, blobs, absent }: Ground): Ran {
  const { index, timeMs, seed, body, effects } = entry
  state.takeMetWithheld() // By an attempt that ended with the need of a blob.
  const tried = attempt(() => {
    const done = applyBody(body, { state, executor, timeMs, seed })
    return { done, found: formatEffects(done.effects) }
  })
  blobs.refuseNeed()
  if (state.takeMetWithheld()) return { kind: 'withheld' }
  if ('done' in tried && isRecorded(effects, tried.found)) return { kind: 'done', done: tried.done }
  if (absent.size > 0) return { kind: 'absent', blobs: [...absent] }
  if (!('done' in tried)) throw refusal(index, tried.error)
  const recorded = decode(index, 'its effects', effects ?? new Uint8Array(0))
  throw entryMismatch(index, { what: 'its effects', ...quoteDifference(recorded, tried.found) })
}

function attempt<T extends object>(run: () => T): T | { readonly error: unknown } {
  try {
    return run()
  } catch (error) {
    return { error }
  }
}

function isRecorded(effects: Uint8Array | undefined, found: string): boolean {
  return effects === undefined || Buffer.compare(effects, Buffer.from(found)) === 0
}

function refusal(index: number, error: unknown): unknown {
  if (!isSteleError(error)) return error
  if (isSteleError(error, 'call_aborted')) {
    const { reason } = error.details // No result of the script: this machine's own lack, say.
    return new SteleError('entry_not_run', { entry: index, reason }, { cause: error })
  }
  const wanted = 'one that can be replayed'
  return entryMismatch(index, { what: 'its body', found: error.message, wanted }, error)
}
