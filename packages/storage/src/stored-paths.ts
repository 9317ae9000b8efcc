// Where storage keeps what in a data folder: nobody else's business.
import { join } from 'node:path'

/** The databases, files and folders of one service, and of the accounts. */
export type StoredPaths = {
  readonly log: string
  readonly accounts: string
  readonly blobs: string
  /** The snapshot of the trie: a copy that can be deleted at any time. */
  readonly snapshot: string
  readonly public: string
  /** What upstreams said, and their tarballs: copies that can be deleted at any time. */
  readonly upstream: string
  readonly tarballs: string
  /** What scanners know of packages beside the registry: copies that can be deleted at any time. */
  readonly scanned: string
}

/** The paths inside the data folder at `root`. */
export function storedPaths(root: string): StoredPaths {
  return {
    log: join(root, 'stele.db'),
    accounts: join(root, 'accounts.db'),
    blobs: join(root, 'blobs'),
    snapshot: join(root, 'trie.snapshot'),
    public: join(root, 'public'),
    upstream: join(root, 'upstream.db'),
    tarballs: join(root, 'upstream'),
    scanned: join(root, 'scanned'),
  }
}
