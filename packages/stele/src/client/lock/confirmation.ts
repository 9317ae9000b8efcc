// A lock that this machine has not seen is compared with what it names, before anything of that is linked; one that it has seen is not.
import type { Graph, InstanceKey } from '@stele/resolve/graph'
import { type Confirming, confirmPackages, confirmTarballs } from './confirm-lock.ts'
import { lockDigest, openConfirmedLocks } from './confirmed-locks.ts'

/** The rest of it. */
export type Confirmation = {
  /** Once the packages are in the store. Throws lock_refused. */
  readonly packages: (
    keys: Iterable<InstanceKey>,
    folderOf: (key: InstanceKey) => string,
  ) => Promise<void>
  /** All was as it should be: the lock with this text, or the one that was read, need not be compared again. */
  readonly note: (text?: string) => void
}

/** What is compared, and how far. */
type Asked = {
  readonly graph: Graph
  /** The digest of the lock that the graph is from; absent where all of it was resolved. */
  readonly digest: string | undefined
  /** Which part of it is installed. */
  readonly part: string
  readonly store: string
  readonly confirming: Confirming
}

/** Begins with what must be known before anything is fetched. Throws lock_refused. */
export async function confirmLock(asked: Asked): Promise<Confirmation> {
  const { graph, digest, part, store, confirming } = asked
  const locks = openConfirmedLocks(store)
  const isKnown = digest === undefined || locks.has(digest, part)
  if (!isKnown) await confirmTarballs(graph, confirming)
  return {
    packages: async (keys, folderOf) => {
      if (!isKnown) await confirmPackages(graph, { keys, folderOf }, confirming)
    },
    note: (text) => {
      const isWhole = digest === undefined || locks.has(digest, '')
      const own = text === undefined ? digest : lockDigest(text)
      if (own !== undefined) locks.note(own, isWhole ? '' : part)
    },
  }
}
