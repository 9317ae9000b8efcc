// A home of snapshots in memory, which can be damaged, held up and made to fail.
import type { SnapshotHome } from '../src/ports.ts'

export type SnapshotMemory = SnapshotHome & {
  sealKey: Uint8Array
  /** The frames that are kept, to be damaged in place. */
  kept: Uint8Array[]
  /** How often a snapshot was written whole. */
  written: number
  /** Why whatever is done with it fails. */
  failure: string | undefined
  /** Awaited before each frame is written. */
  gate: Promise<void>
}

export function createSnapshotMemory(): SnapshotMemory {
  const memory: SnapshotMemory = {
    sealKey: new Uint8Array(32).fill(5),
    kept: [],
    written: 0,
    failure: undefined,
    gate: Promise.resolve(),
    *frames() {
      if (memory.failure !== undefined) throw new Error(memory.failure)
      yield* memory.kept
    },
    replace: async (frames) => {
      const kept: Uint8Array[] = []
      for await (const frame of frames) {
        await memory.gate
        if (memory.failure !== undefined) throw new Error(memory.failure)
        kept.push(Uint8Array.from(frame))
      }
      memory.kept = kept
      memory.written++
    },
  }
  return memory
}
