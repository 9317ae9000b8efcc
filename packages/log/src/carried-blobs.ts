// The blobs that a call finds before they are committed: its own, and those of the calls before it in its group.
import type { CallBlob } from '@stele/entries/calls'
import type { ReadBlob } from './ports.ts'

/** The blobs of one call, which remembers those of its own that were read. */
export class CarriedBlobs {
  readonly #own: readonly CallBlob[]
  readonly #staged: readonly CallBlob[]
  readonly #readStored: ReadBlob | undefined
  readonly #read = new Set<string>()

  constructor(
    own: readonly CallBlob[],
    staged: readonly CallBlob[],
    readStored: ReadBlob | undefined,
  ) {
    this.#own = own
    this.#staged = staged
    this.#readStored = readStored
  }

  /** The bytes, undefined for a blob that is none of these. */
  read = (name: string): Uint8Array | undefined => {
    const named = (blob: CallBlob): boolean => blob.name === name
    const own = this.#own.find(named)
    if (own !== undefined) this.#read.add(name)
    const carried = own ?? this.#staged.find(named)
    if (carried === undefined) return undefined
    return 'bytes' in carried ? carried.bytes : this.#readStored?.(name)
  }

  /** Those to be committed with the call: all of them, or where it failed those that it read, since a replay reads them too. */
  kept(isOk: boolean): readonly CallBlob[] {
    return isOk ? this.#own : this.#own.filter(({ name }) => this.#read.has(name))
  }
}
