// A service's log as NodeVMS's CallLog shows it: who called what, what it gave, and the version of the files after it.
import { entryKinds, parseLeaf } from '@stele/entries/leaf'
import { type KeptEntry, parseEffects, readBodyPart, readPart } from '@stele/entries/parts'
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { type CallLogSource, genesisCode } from './call-log-source.ts'
import { entriesPerRead } from './limits.ts'

/** The first entry: what runs. */
export type InitEntry = {
  readonly type: 'init'
  readonly code: string
  readonly filesArchiveUrl: string
}

/** A call. Anonymous callers have no `userId`; `res` is absent where the method gave nothing. */
export type CallEntry = {
  readonly type: 'call'
  readonly call: {
    readonly userId?: string
    readonly methodName: string
    readonly args: readonly JsonValue[]
  }
  readonly result: {
    readonly res?: JsonValue
    readonly err?: string
    /** 1 at the start, and one more for each change. Changes whose record was taken down are not counted. */
    readonly filesVersion: number
  }
}

/** An entry as a reader of the log sees it. */
export type CallLogEntry = InitEntry | CallEntry

/** What this module lets the others of this folder do, and no program. */
type Insides = {
  readonly open: (source: CallLogSource) => CallLog
  readonly sourceOf: (log: CallLog) => CallLogSource
}
let insides: Insides

/** A log of calls. What the log keeps beside them (its memory's digests, settings, takedowns) is left out. */
export class CallLog {
  static {
    insides = { open: (source) => new CallLog(source), sourceOf: (log) => log.#source }
  }

  readonly #source: CallLogSource
  readonly #read: CallLogEntry[] = []
  #reading: Promise<void> = Promise.resolve()
  #next = 0
  #filesVersion = 1

  private constructor(source: CallLogSource) {
    this.#source = source
  }

  /**
   * The log of a service, a static copy or a folder, fetched whole and checked against the tree that it has signed; `logKey` is
   * its own, where that is known: its line, or its fingerprint. Throws `file_mismatch`, `entry_mismatch`, `server_unreachable`, `key_not_shown`, `usage_wrong`.
   */
  static async fetch(url: string, options: { readonly logKey?: string } = {}): Promise<CallLog> {
    const { fetchLog } = await import('./fetch-log.ts')
    return openCallLog(await fetchLog(url, options))
  }

  /** How many there are now. */
  async length(): Promise<number> {
    await this.#catchUp()
    return this.#read.length
  }

  /** Those from `start`, up to `end` and without it. */
  async list({
    start = 0,
    end,
  }: {
    readonly start?: number
    readonly end?: number
  } = {}): Promise<readonly CallLogEntry[]> {
    await this.#catchUp()
    return this.#read.slice(start, end)
  }

  /** The entry at this place, the first being 0. Throws `not_found`. */
  async get(sequence: number): Promise<CallLogEntry> {
    await this.#catchUp()
    const found = this.#read[sequence]
    if (found !== undefined) return found
    throw new SteleError('not_found', {
      what: `entry ${sequence} in a log of ${this.#read.length}`,
    })
  }

  /** Whoever asks while the log is being read waits for that reading, and looks again. */
  #catchUp(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readOn())
    const reading = this.#reading
    this.#reading = reading.catch(() => undefined)
    return reading
  }

  async #readOn(): Promise<void> {
    const { size: sizeNow, entries } = this.#source
    for (let size = sizeNow(); this.#next < size; size = sizeNow()) {
      const count = Math.min(entriesPerRead, size - this.#next)
      const found = await entries(this.#next, count)
      for (const entry of found) await this.#add(entry)
      if (found.length === 0) return
    }
  }

  async #add(entry: KeptEntry): Promise<void> {
    const { kind } = parseLeaf(entry.leaf)
    if (kind === entryKinds.genesis) {
      const { filesArchiveUrl } = this.#source
      const code = await genesisCode(this.#source)
      this.#filesVersion += changesOf(entry)
      this.#read.push({ type: 'init', code, filesArchiveUrl })
    } else if (kind === entryKinds.call) this.#read.push(this.#callOf(entry))
    this.#next++
  }

  #callOf({ body, effects }: KeptEntry): CallEntry {
    const read = body === null ? undefined : readBodyPart(entryKinds.call, body).body
    const known = read !== undefined && 'method' in read ? read : undefined
    const call = {
      ...(typeof known?.account === 'string' ? { userId: known.account } : {}),
      methodName: known?.method ?? '',
      args: known?.args ?? [],
    }
    if (effects === null) {
      return { type: 'call', call, result: { filesVersion: this.#filesVersion } }
    }
    const outcome = parseEffects(readPart(effects))
    this.#filesVersion += outcome.changes
    const filesVersion = this.#filesVersion
    if (!outcome.ok) {
      const { name, message } = outcome.error
      return { type: 'call', call, result: { err: message === '' ? name : message, filesVersion } }
    }
    const { result } = outcome
    return {
      type: 'call',
      call,
      result: { ...(result === undefined ? {} : { res: result }), filesVersion },
    }
  }
}

/** A log of these entries. */
export function openCallLog(source: CallLogSource): CallLog {
  return insides.open(source)
}

/** What the log is read from. */
export function sourceOf(log: CallLog): CallLogSource {
  return insides.sourceOf(log)
}

function changesOf({ effects }: KeptEntry): number {
  return effects === null ? 0 : parseEffects(readPart(effects)).changes
}
