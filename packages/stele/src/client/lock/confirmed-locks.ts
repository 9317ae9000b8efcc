// Locks that were compared with their packages, by the digests of their texts: beside the store, since that is done once on a machine.
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { maxConfirmedLocks } from '../limits.ts'
import { forgetOldest } from '../store/forget-oldest.ts'

/** The digest of a lock's text. */
export function lockDigest(text: string): string {
  return hash('sha256', text, 'hex')
}

/** What is known of a lock in this store: `part` tells what of it was installed, `''` means all. */
export type ConfirmedLocks = {
  readonly has: (digest: string, part: string) => boolean
  readonly note: (digest: string, part: string) => void
}

/** The confirmed locks of the store. */
export function openConfirmedLocks(store: string): ConfirmedLocks {
  const folder = join(store, 'locks')
  const pathOf = (digest: string, part: string): string =>
    join(folder, part === '' ? digest : hash('sha256', `${digest} ${part}`, 'hex'))
  const has: ConfirmedLocks['has'] = (digest, part) =>
    existsSync(pathOf(digest, '')) || (part !== '' && existsSync(pathOf(digest, part)))
  return {
    has,
    note: (digest, part) => {
      if (has(digest, part)) return
      mkdirSync(folder, { recursive: true })
      writeFileSync(pathOf(digest, part), '')
      forgetOldest(folder, maxConfirmedLocks) // One that is forgotten is compared once more.
    },
  }
}
