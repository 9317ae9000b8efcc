// Keeps the executor of the script that is in force: made from the settings that the log itself names.
import { logObject, type ScriptSettings, scriptSettingNames, settingsInForce } from '@stele/entries'
import { isSteleError, type SteleError } from '@stele/errors'
import type { BlobCache } from './blob-cache.ts'
import { entryMismatch, inEntry } from './entry-parts.ts'
import type { ReplayExecutor, VerifyPorts } from './ports.ts'
import type { ReplayState } from './replay-state.ts'
import type { Withheld } from './withheld.ts'

type RunnerPorts = {
  readonly createExecutor: VerifyPorts['createExecutor']
  readonly blobs: BlobCache
  readonly state: ReplayState
  readonly withheld: Withheld
}

/** Gives the executor in force, and knows when there is none. */
export class ScriptRunner {
  readonly #ports: RunnerPorts
  #executor: ReplayExecutor | undefined
  /** The entry whose settings have still to be taken up. */
  #changedBy: number | undefined
  /** Blobs that the running call asked for and that the registry does not have. */
  readonly #absent = new Set<string>()

  constructor(ports: RunnerPorts) {
    this.#ports = ports
  }

  /** Takes up the settings of the genesis entry. */
  begin(genesis: ScriptSettings): void {
    this.#executor ??= this.#create(genesis, 0)
  }

  /** From the next call on, the settings are those that this entry has written. */
  change(entry: number): void {
    this.#executor = undefined
    this.#changedBy = entry
  }

  /** A call was not run, or not to its end: what a script with a memory does from here on is not known. */
  skipCall(): void {
    if (this.#executor?.memoryDigest !== undefined) this.#executor = undefined
  }

  /** The executor, undefined where what it would run, or its memory, is withheld. */
  current(): ReplayExecutor | undefined {
    this.#absent.clear()
    const entry = this.#changedBy
    if (entry === undefined) return this.#executor
    const settings = inEntry(entry, 'its settings', () => readSettings(this.#ports.state))
    this.#executor = settings === undefined ? undefined : this.#create(settings, entry)
    this.#changedBy = undefined // Only now: the lines above may have to wait for blobs.
    return this.#executor
  }

  /** The blobs that the last call asked for in vain. */
  get absentBlobs(): Iterable<string> {
    return this.#absent
  }

  #create({ script, engine, limits }: ScriptSettings, entry: number): ReplayExecutor | undefined {
    const { blobs, createExecutor } = this.#ports
    const [scriptBytes, engineBytes] = [this.#read(script, entry), this.#read(engine, entry)]
    if (scriptBytes === undefined || engineBytes === undefined) return undefined
    const readBlob = (name: string): Uint8Array | undefined => {
      const bytes = blobs.read(name)
      if (bytes === undefined) this.#absent.add(name)
      return bytes
    }
    const settings = { script: scriptBytes, engine: engineBytes, limits, blobs: readBlob }
    try {
      return createExecutor(settings)
    } catch (error) {
      if (!isScriptFault(error)) throw error // An engine that this release does not have, say.
      const fault = { what: 'what it runs', found: error.message, wanted: 'a script that loads' }
      throw entryMismatch(entry, fault, error)
    }
  }

  #read(name: string, entry: number): Uint8Array | undefined {
    const bytes = this.#ports.blobs.read(name, entry)
    if (bytes === undefined) this.#ports.withheld.miss({ blob: name }, entry)
    return bytes
  }
}

/** The settings in the state, undefined where one of their values is withheld. */
function readSettings(state: ReplayState): ScriptSettings | undefined {
  const rows = scriptSettingNames.map((field) => state.row(logObject, field))
  return rows.some((row) => row?.value === undefined) ? undefined : settingsInForce(state)
}

function isScriptFault(error: unknown): error is SteleError {
  return (['script_invalid', 'limits_invalid', 'engine_invalid'] as const).some((code) =>
    isSteleError(error, code),
  )
}
