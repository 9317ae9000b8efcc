// The executors of the scripts that are in force: made from the settings that the log itself names.

import { type ScriptSettings, scriptSettingNames, settingsInForce } from '@stele/entries/calls'
import { logObject } from '@stele/entries/transition'
import { isSteleError, type SteleError } from '@stele/errors'
import type { BlobCache } from './blob-cache.ts'
import { entryMismatch, inEntry } from './entry-parts.ts'
import type { ReplayExecutor, VerifyPorts } from './ports.ts'
import type { StateView } from './state-view.ts'

/** An executor, undefined where a blob that it needs is not to be had: then `missing` names it. */
export type InForce = {
  readonly executor: ReplayExecutor | undefined
  readonly missing: readonly string[]
}

/** Makes executors, and keeps the one that is in force. */
export class Scripts {
  readonly #createExecutor: VerifyPorts['createExecutor']
  readonly #blobs: BlobCache
  #kept: (InForce & { readonly since: number; readonly isMemoryLost?: true }) | undefined
  /** Blobs that the running call asked for and that the service does not have. */
  readonly absent: Set<string> = new Set()

  constructor(createExecutor: VerifyPorts['createExecutor'], blobs: BlobCache) {
    this.#createExecutor = createExecutor
    this.#blobs = blobs
  }

  /**
   * What runs by the settings that entry `since` wrote; `state` is a later one. A script that keeps a memory starts afresh
   * with each entry that sets it. Throws where it has to wait for a blob.
   */
  inForce(since: number, state: StateView): InForce {
    this.absent.clear()
    if (this.#kept?.since === since) return this.#kept
    const rows = scriptSettingNames.map((field) => state.row(logObject, field))
    const isKnown = rows.every((row) => row?.value !== undefined)
    const made = isKnown
      ? this.#create(
          inEntry(since, 'its settings', () => settingsInForce(state)),
          since,
        )
      : { executor: undefined, missing: [] }
    this.#kept = { ...made, since }
    return made
  }

  /** Takes up the settings of the genesis entry, which are not in the state while it is run. */
  begin(genesis: ScriptSettings): InForce {
    this.absent.clear()
    if (this.#kept?.since === 0) return this.#kept
    const made = this.#create(genesis, 0)
    this.#kept = { ...made, since: 0 }
    return made
  }

  /** Whether the script that entry `since` put in force was taken up, and keeps a memory. */
  hasMemory(since: number): boolean {
    if (this.#kept?.since !== since) return false
    return this.#kept.isMemoryLost === true || this.#kept.executor?.memoryDigest !== undefined
  }

  /** A call was not run, or not to its end: what a script with a memory does from here on is not known. */
  forgetMemory(): void {
    const { executor, since } = this.#kept ?? {}
    if (executor?.memoryDigest === undefined || since === undefined) return
    this.#kept = { executor: undefined, missing: [], since, isMemoryLost: true }
  }

  #create({ script, engine, limits }: ScriptSettings, entry: number): InForce {
    const found = [script, engine].map((name) => this.#blobs.read(name, entry))
    const [scriptBytes, engineBytes] = found
    if (scriptBytes === undefined || engineBytes === undefined) {
      const missing = [script, engine].filter((_, position) => found[position] === undefined)
      return { executor: undefined, missing }
    }
    const readBlob = (name: string): Uint8Array | undefined => {
      const bytes = this.#blobs.read(name)
      if (bytes === undefined) this.absent.add(name)
      return bytes
    }
    const settings = { script: scriptBytes, engine: engineBytes, limits, blobs: readBlob }
    try {
      return { executor: this.#createExecutor(settings), missing: [] }
    } catch (error) {
      this.#blobs.refuseNeed()
      if (this.absent.size > 0) return { executor: undefined, missing: [...this.absent] }
      if (!isScriptFault(error)) throw error // An engine that this release does not have, say.
      const fault = { what: 'what it runs', found: error.message, wanted: 'a script that loads' }
      throw entryMismatch(entry, fault, error)
    }
  }
}

function isScriptFault(error: unknown): error is SteleError {
  return (['script_invalid', 'limits_invalid', 'engine_invalid'] as const).some((code) =>
    isSteleError(error, code),
  )
}
