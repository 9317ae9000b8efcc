// Runs the entries of a log again, one after the other, and says what each gave: nothing is compared. In a thread, since scripts
// need a native stack that only a thread of its own can have.
import type { MessagePort } from 'node:worker_threads'
import type { ReplayExecutor } from '@stele/audit'
import {
  changesScript,
  type Executor,
  noScript,
  type ScriptSettings,
  type StateReader,
  settingsInForce,
} from '@stele/entries/calls'
import { entryKinds, parseLeaf, saltBytes, seedOf } from '@stele/entries/leaf'
import {
  formatEffects,
  type KeptEntry,
  readBodyPart,
  splitPart,
  valueOf,
} from '@stele/entries/parts'
import { applyBody, type Transition } from '@stele/entries/transition'
import { type ErrorText, errorToText, isSteleError, SteleError } from '@stele/errors'
import { watchCalls } from '../verify/call-clock.ts'
import { openExecutor } from '../verify/open-executor.ts'
import { MemoryState, type StateRow } from './memory-state.ts'

/** What the thread is started with. */
export type RerunData = {
  readonly url: string
  readonly entries: readonly KeptEntry[]
  /** Scripts, engines and their parts, by their hex SHA-512. */
  readonly blobs: ReadonlyMap<string, Uint8Array>
  /** createCallClock(): when the calls began. */
  readonly calls: SharedArrayBuffer
}

/** What came of it: the effects of each entry, as parts with an empty salt, and the state after all of them. */
export type Rerun = { readonly effects: readonly Uint8Array[]; readonly rows: readonly StateRow[] }

/** What the thread says. */
export type RerunNews = { readonly done: Rerun } | { readonly error: ErrorText }

/** The thread. */
export function runRerun(port: MessagePort, data: RerunData): void {
  try {
    port.postMessage({ done: rerun(data) } satisfies RerunNews)
  } catch (error) {
    port.postMessage({ error: errorToText(error) } satisfies RerunNews)
  }
}

function rerun({ url, entries, blobs: given, calls }: RerunData): Rerun {
  const blobs = new Map(given)
  const state = new MemoryState()
  const watch = watchCalls(calls, 0)
  const load = (settings: ScriptSettings): ReplayExecutor =>
    openExecutor(
      {
        script: blobs.get(settings.script) ?? missing(url, settings.script),
        engine: blobs.get(settings.engine) ?? missing(url, settings.engine),
        limits: settings.limits,
        blobs: (name) => blobs.get(name),
      },
      { url, engines: [] },
    )
  let executor: Executor = noScript
  const effects = entries.map((entry, index) => {
    watch.enter(index)
    const body = readEntry(entry, index)
    if (body.kind === entryKinds.genesis) executor = load(body.body)
    const done = inEntry(index, () => applyEntry(entry, body, { state, executor }))
    for (const write of done.writes) {
      state.write(write)
      const value = write.value === null ? undefined : valueOf(write.value)
      if (value !== undefined && 'blob' in value && write.value) blobs.set(value.blob, write.value)
    }
    const isChanged = body.kind === entryKinds.config && done.writes.some(changesScript)
    if (isChanged) executor = load(settingsInForce(state))
    watch.leave()
    return Buffer.concat([Buffer.alloc(saltBytes), Buffer.from(formatEffects(done.effects))])
  })
  return { effects, rows: state.rows() }
}

type ReadBody = ReturnType<typeof readBodyPart>

function readEntry({ leaf, body }: KeptEntry, index: number): ReadBody {
  if (body !== null) return inEntry(index, () => readBodyPart(parseLeaf(leaf).kind, body))
  const facts = { what: 'its body', found: 'withheld', wanted: 'what was called' }
  throw new SteleError('entry_mismatch', { entry: index, ...facts })
}

/** Kinds that run no script need none. */
function applyEntry(
  { leaf, body: part }: KeptEntry,
  body: ReadBody,
  { state, executor }: { readonly state: StateReader; readonly executor: Executor },
): Transition {
  const { kind, timeMs, bodyHash } = parseLeaf(leaf)
  const isOfScript = kind === entryKinds.genesis || kind === entryKinds.call
  const { salt } = splitPart(part ?? new Uint8Array(0))
  const seed = seedOf(body, salt, bodyHash)
  return applyBody(body, { state, executor: isOfScript ? executor : noScript, timeMs, seed })
}

function inEntry<T>(entry: number, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!isSteleError(error)) throw error
    const facts = { what: 'what it does', found: error.message, wanted: 'an entry that runs again' }
    throw new SteleError('entry_mismatch', { entry, ...facts }, { cause: error })
  }
}

function missing(url: string, name: string): never {
  throw new SteleError('copy_incomplete', {
    url,
    reason: `it lacks the blob ${name}, which its log names`,
  })
}
