// A script that takes calls: keeps the memory right around each of them. Wall-clock limits are outside: whoever runs the
// host in a worker ends the worker.
import { hash } from 'node:crypto'
import { CallWaits, type Outcome, type ScriptCall, type StateReader } from '@stele/entries/calls'
import { isSteleError, reasonOf, SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import type { MemoryMode } from '../engine-blob.ts'
import { asTrap, bootScript, type EngineParts, type RunnableCall } from './glue.ts'
import { canonicalText } from './json.ts'
import { type Limits, parseLimits } from './limits.ts'
import type { Machine } from './machine.ts'
import { openAnswers } from './oracles.ts'
import { formatSnapshot, parseSnapshot, type SnapshotOwner } from './snapshot.ts'
import { Trap } from './trap.ts'

/** What a script host is made of. */
export type ScriptHostOptions = {
  /** The script's text, to the byte: it is part of the memory's digest. */
  readonly script: string
  /** Counted limits (parseLimits); those left out are the defaults. */
  readonly limits?: Partial<Limits>
  /**
   * `fresh`: every call starts from the memory as it was after the script was loaded, so nothing survives but the files, and
   * a replay may start at any entry. `kept`: closures live on, and the memory is part of the service's state.
   */
  readonly memory: MemoryMode
  /** Told of each line that the script prints. Decides nothing; replays print again. */
  readonly print: (line: string) => void
  /**
   * The blob of this name (hex SHA-512), its bytes checked. A call that asks for one that is absent is aborted, so that
   * whatever is logged can be replayed by whoever has the blobs.
   */
  readonly blobs: (sha512: string) => Uint8Array | undefined
  /** What `System.files.getInfo()` gives: facts from the genesis entry, since they are part of what decides results. */
  readonly info?: JsonValue
}

/** The same, and the engine that runs it; `engineName` is the name of its blob. */
export type HostOptions = ScriptHostOptions & {
  readonly engine: EngineParts
  readonly engineName: string
}

/** A running script: an Executor of `@stele/entries`, and more. One call at a time, all of it synchronous. */
export type ScriptHost = {
  /** Runs `init`, where the script exports one; else an outcome without writes. */
  readonly init: (call: ScriptCall, state: StateReader) => Outcome
  readonly call: (call: ScriptCall, state: StateReader) => Outcome
  /** As call(), on a copy: the memory is as before, and whoever asks drops the writes. */
  readonly query: (call: ScriptCall, state: StateReader) => Outcome
  /** The exported functions but `init`: other names are to be refused before they are logged. */
  readonly methods: () => readonly string[]
  /** Whether the script welcomes anonymous callers: `exports.anonymous = true`. */
  readonly anonymous: () => boolean
  /** SHA-256, in hex, of the memory as it is between calls: what a `memory` entry holds. */
  readonly memoryDigest: () => string
  /** The memory as bytes, to be restored by a host of the same script, limits and engine. */
  readonly snapshot: () => Uint8Array
  /** Goes on from a snapshot. Throws snapshot_invalid. */
  readonly restore: (snapshot: Uint8Array) => void
}

/**
 * Loads a script into a QuickJS of its own, where it runs the same on every machine.
 * A call that exceeds a limit has the outcome error `trap` with the limit's name, one that can never settle
 * `never_settled`, one whose result is not JSON `bad_result`; the first two leave no trace in the memory.
 * What is no result of the script (a host exception, a wasm trap, the native stack's end) throws call_aborted: it must not
 * be logged, and the memory is already put back.
 * Deep recursion needs a worker with `resourceLimits: { stackSizeMb: 32 }`: on a main thread's default stack a script can
 * reach the native end before QuickJS's own, and its calls are then aborted instead of trapped.
 * Throws script_invalid, limits_invalid. Spec: state.md, "What is logged" and "Replay".
 */
export function createHost(options: HostOptions): ScriptHost {
  const limits: Limits = parseLimits({ ...options.limits })
  const info = canonicalText(options.info ?? {})
  const { script, engine } = options
  const { machine, methods, anonymous, run } = bootScript({ script, info, engine }, limits, options)
  const owner: SnapshotOwner = {
    engine: options.engineName,
    script: hash('sha512', script),
    limits,
    info,
  }
  machine.clearStack()
  const image = machine.save()
  /** True when the memory differs from the image and the image is what counts. */
  let isStale = false

  function putBack(): void {
    if (!isStale) return
    machine.load(image)
    machine.clearStack()
    isStale = false
  }

  /** Runs a call from the image on; keeps the memory that it leaves when it may be kept. */
  function execute(call: RunnableCall, state: StateReader): Ended {
    putBack()
    isStale = true // If anything below throws, the memory is put back before the next call.
    const answers = openAnswers(call)
    const { outcome, isClean } = endOf(call.method, () => run(call, state, answers))
    answers.refuseUnused()
    if (answers.given.length === 0) return { outcome, isClean }
    return { outcome: { ...outcome, oracles: answers.given }, isClean }
  }

  function keep({ outcome, isClean }: Ended): Outcome {
    if (isClean && options.memory === 'kept') {
      machine.clearStack()
      machine.save(image)
      isStale = false
    }
    return outcome
  }

  return {
    init(call, state) {
      return keep(execute({ ...call, kind: 'init', method: 'init' }, state))
    },
    call: (call, state) => keep(execute({ ...call, kind: 'call' }, state)),
    query: (call, state) => execute({ ...call, kind: 'call' }, state).outcome,
    methods: () => methods,
    anonymous: () => anonymous,
    memoryDigest: () => machine.digest(image),
    snapshot: () => formatSnapshot(owner, machine.content(image), machine.digest(image)),
    restore(snapshot) {
      const { content, sha256 } = parseSnapshot(owner, snapshot, machine.maxBytes)
      Object.assign(image, readImage(machine, content, sha256))
      isStale = true
      putBack()
    },
  }
}

type Ended = { readonly outcome: Outcome; readonly isClean: boolean }

/** How the run ended, also where a limit ended it. Throws what is no result of the script. */
function endOf(method: string, run: () => Ended): Ended {
  try {
    return run()
  } catch (error) {
    const found = asTrap(error)
    if (found instanceof Trap) {
      return {
        outcome: { ok: false, error: { name: 'trap', message: found.limit } },
        isClean: false,
      }
    }
    if (found instanceof CallWaits || isSteleError(found, 'entry_invalid')) throw found
    const reason = isSteleError(found) ? found.code : reasonOf(found)
    throw new SteleError('call_aborted', { method, reason }, { cause: error })
  }
}

function readImage(machine: Machine, content: Buffer, sha256: string): object {
  try {
    const image = machine.imageOf(content)
    if (machine.digest(image) !== sha256) throw new RangeError('Its digest differs')
    return image
  } catch (cause) {
    throw new SteleError('snapshot_invalid', { reason: 'it is not a memory of this VM' }, { cause })
  }
}
