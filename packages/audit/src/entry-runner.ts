// Runs an entry of a replay in its turn, on the state right before it, and compares what it does with what is recorded. Calls
// that can be run at any time are run by CallRunner.
import type { Body } from '@stele/entries/bodies'
import { type Executor, noScript } from '@stele/entries/calls'
import { entryKinds } from '@stele/entries/leaf'
import type { Transition } from '@stele/entries/transition'
import type { BlobCache } from './blob-cache.ts'
import type { EntryParts } from './entry-parts.ts'
import type { VerifyPorts } from './ports.ts'
import { runBody } from './run-body.ts'
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
    const { index, leaf, body, seed, effects } = parts
    if (body === undefined) return undefined
    if (this.#ran?.index === index) return this.#ran.done
    const executor = this.#executorOf(body, settings)
    if (executor === undefined) return undefined
    const { absent } = this.#scripts
    const ground = { state: this.#state, blobs: this.#blobs, executor, absent }
    const ran = runBody({ index, body, seed, effects, timeMs: leaf.timeMs }, ground)
    if (ran.kind === 'absent') {
      // The service does not have what the call asked for: only a takedown explains that.
      for (const blob of ran.blobs) this.#withheld.miss({ blob }, index)
    }
    if (ran.kind !== 'done') return undefined
    this.#ran = { index, done: ran.done }
    return ran.done
  }

  #executorOf(body: Body, settings: number): Executor | undefined {
    if (body.kind === entryKinds.call) return this.inForce(settings)
    if (body.kind !== entryKinds.genesis) {
      this.#scripts.absent.clear() // What the call before it missed is no excuse for this one.
      return noScript
    }
    return this.#noteMissing(this.#scripts.begin(body.body), settings)
  }

  #noteMissing({ executor, missing }: Loaded, settings: number): Loaded['executor'] {
    for (const blob of missing) this.#withheld.miss({ blob }, settings)
    return executor
  }
}
