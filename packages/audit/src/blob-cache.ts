// Blobs for code that cannot wait: a blob that is not here yet is noted and refused, fetched, and asked for again.
import { maxBlobBytes, maxKeptBlobBytes } from './limits.ts'
import { type Fetch, fetchBlob } from './log-files.ts'

/** Checked blobs, null for those that the service does not have. */
export class BlobCache {
  readonly #fetch: Fetch
  readonly #kept = new Map<string, Uint8Array | null>()
  #keptBytes = 0
  #needed: { readonly name: string; readonly entry: number | undefined } | undefined

  constructor(fetch: Fetch) {
    this.#fetch = fetch
  }

  /**
   * The blob, undefined where the service has none. Throws, noting the need, where it is not known yet. `entry` is the one
   * that names the blob, where that is not the one being replayed.
   */
  read(name: string, entry?: number): Uint8Array | undefined {
    const kept = this.#kept.get(name)
    if (kept !== undefined) return kept ?? undefined
    this.#needed ??= { name, entry }
    throw new Error(`The blob ${name} has not been fetched yet`)
  }

  /** Throws where a blob was needed and the need was not heeded: a script may have caught the error. */
  refuseNeed(): void {
    if (this.#needed !== undefined) this.read(this.#needed.name)
  }

  /** Fetches what is needed for `entry`. Says whether anything was. Throws `file_mismatch`. */
  async fetchNeeded(entry: number): Promise<boolean> {
    const needed = this.#needed
    this.#needed = undefined
    if (needed === undefined) return false
    const { name } = needed
    const blamed = { maxBytes: maxBlobBytes, entry: needed.entry ?? entry }
    const bytes = await fetchBlob(this.#fetch, name, blamed)
    this.#kept.set(name, bytes ?? null)
    this.#keptBytes += bytes?.length ?? 0
    return true
  }

  /** Lets go of what was kept when it is much. To be called between entries. */
  trim(): void {
    if (this.#keptBytes <= maxKeptBlobBytes) return
    this.#kept.clear()
    this.#keptBytes = 0
  }
}
