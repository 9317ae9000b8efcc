// Keeps the snapshot of the trie near the head: behind the log, once enough entries have come since, and at a clean stop.
import { reasonOf } from '@stele/errors'
import { entriesAtStop, entriesPerTrieSnapshot, leavesPerSnapshotEntry } from './limits.ts'
import type { LogPorts } from './ports.ts'
import { type SavedTrie, saveTrie } from './trie-snapshot.ts'

type Ports = Pick<LogPorts, 'snapshots' | 'breathe' | 'report'>

/** When a snapshot is written. `size` is how many entries the one that is there covers, 0 where there is none. */
export class Snapshots {
  readonly #ports: Ports
  #size: number
  #saving: Promise<void> | undefined

  constructor(ports: Ports, size: number) {
    this.#ports = ports
    this.#size = size
  }

  /** Tells of a commit; call it when no group is open. Starts to write once it pays: more entries for a larger trie. */
  committed(saved: SavedTrie): void {
    const pays = entriesPerTrieSnapshot + saved.trie.leafCount / leavesPerSnapshotEntry
    if (saved.head.size - this.#size >= pays && this.#saving === undefined) this.#start(saved)
  }

  /** Ends what is being written, and writes what came since where it is known to be right. */
  async stop(saved: SavedTrie | undefined): Promise<void> {
    await this.#saving
    if (saved !== undefined && saved.head.size - this.#size >= entriesAtStop) this.#start(saved)
    await this.#saving
  }

  #start(saved: SavedTrie): void {
    const { snapshots, breathe, report } = this.#ports
    if (snapshots === undefined) return
    const { size } = saved.head
    this.#size = size // Also where it fails: it is tried again after as many entries.
    this.#saving = saveTrie(snapshots, saved, breathe)
      .catch((error: unknown) => {
        const reason = reasonOf(error)
        report({ event: 'snapshot_failed', reason })
      })
      .finally(() => {
        this.#saving = undefined
      })
  }
}
