// Runs an entry of a replay in its turn, on the state right before it, and compares what it does with what is recorded. Calls
// that can be run at any time are run by CallRunner.
import type { Body } from '@stele/entries/bodies'
import { type Executor, noScript } from '@stele/entries/calls'
import { entryKinds } from '@stele/entries/leaf'
import { formatEffects } from '@stele/entries/parts'
import { applyBody, type Transition } from '@stele/entries/transition'
import { isSteleError, SteleError } from '@stele/errors'
import type { BlobCache } from './blob-cache.ts'
import { decode, type EntryParts, entryMismatch } from './entry-parts.ts'
import type { VerifyPorts } from './ports.ts'
import { quoteDifference } from './quote.ts'
import { Scripts } from './scripts.ts'
import type { StateView } from './state-view.ts'
import type { Withheld } from './withheld.ts'

type Parts = {
  readonly state: StateView
  readonly blobs: BlobCache
  readonly withheld: Withheld
}

type Loaded = ReturnType<Scripts['inForce']>

/** Runs entries in order. */
export class EntryRunner {
  readonly #state: StateView
  readonly #blobs: BlobCache
  readonly #withheld: Withheld
  readonly #scripts: Scripts
  /** The last transition: a script with a memory must not run an entry twice, also where it waits for a blob. */
  #ran: { readonly index: number; readonly done: Transition } | undefined

  constructor({ createExecutor }: Pick<VerifyPorts, 'createExecutor'>, parts: Parts) {
    const { state, blobs, withheld } = parts
    this.#state = state
    this.#blobs = blobs
    this.#withheld = withheld
    this.#scripts = new Scripts(createExecutor, blobs)
  }

  /** The executor that the settings of entry `settings` name; undefined where a blob of it is not to be had, which is noted. */
  inForce(settings: number): Loaded['executor'] {
    return this.#noteMissing(this.#scripts.inForce(settings, this.#state), settings)
  }

  /** Whether the script of these settings has run and keeps a memory, known or not. */
  hasMemory(settings: number): boolean {
    return this.#scripts.hasMemory(settings)
  }

  /** Without the entry that was not run, nobody knows what the script remembers. */
  forgetMemory(): void {
    this.#scripts.forgetMemory()
  }

  /** Runs the entry and compares its effects; undefined where what that takes is withheld. Throws `entry_mismatch`. */
  run(parts: EntryParts, settings: number): Transition | undefined {
    const { index, leaf, body, seed } = parts
    if (body === undefined) return undefined
    if (this.#ran?.index === index) return this.#ran.done
    const executor = this.#executorOf(body, settings)
    if (executor === undefined) return undefined
    const ports = { state: this.#state, executor, timeMs: leaf.timeMs, seed }
    let done: Transition
    try {
      done = applyBody(body, ports)
    } catch (error) {
      if (this.#state.takeMetWithheld()) return undefined
      this.#blobs.refuseNeed()
      if (this.#missesBlobs(index)) return undefined
      throw this.#refusal(index, error)
    }
    this.#blobs.refuseNeed()
    if (this.#state.takeMetWithheld()) return undefined
    if (!this.#isRecorded(parts, done)) return undefined
    this.#ran = { index, done }
    return done
  }

  #executorOf(body: Body, settings: number): Executor | undefined {
    if (body.kind === entryKinds.call) return this.inForce(settings)
    if (body.kind !== entryKinds.genesis) return noScript
    return this.#noteMissing(this.#scripts.begin(body.body), settings)
  }

  #noteMissing({ executor, missing }: Loaded, settings: number): Loaded['executor'] {
    for (const blob of missing) this.#withheld.miss({ blob }, settings)
    return executor
  }

  /** Whether the call asked for blobs that the service does not have: only a takedown explains that. */
  #missesBlobs(index: number): boolean {
    const absent = [...this.#scripts.absent]
    for (const blob of absent) this.#withheld.miss({ blob }, index)
    return absent.length > 0
  }

  #refusal(index: number, error: unknown): unknown {
    if (!isSteleError(error)) return error
    if (isSteleError(error, 'call_aborted')) {
      const { reason } = error.details // No result of the script: this machine's own lack, say.
      return new SteleError('entry_not_run', { entry: index, reason }, { cause: error })
    }
    const wanted = 'one that can be replayed'
    return entryMismatch(index, { what: 'its body', found: error.message, wanted }, error)
  }

  /** Whether the effects are those that are recorded; false where it read what is now gone. Throws `entry_mismatch`. */
  #isRecorded({ index, effects }: EntryParts, done: Transition): boolean {
    const wanted = formatEffects(done.effects)
    if (effects === undefined || Buffer.compare(effects, Buffer.from(wanted)) === 0) return true
    if (this.#missesBlobs(index)) return false
    const found = decode(index, 'its effects', effects)
    throw entryMismatch(index, { what: 'its effects', ...quoteDifference(found, wanted) })
  }
}
