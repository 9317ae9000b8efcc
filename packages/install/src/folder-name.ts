// Keys of packages as names of folders, on any file system.
import { hash } from 'node:crypto'
import type { InstanceKey } from '@stele/resolve/graph'
import { maxFolderName } from './limits.ts'

/** The folder of an instance: readable, and different for different keys also where case does not count. */
export function folderName(key: InstanceKey): string {
  const readable = key
    .replaceAll('/', '+')
    .replaceAll(')(', '_')
    .replaceAll('(', '_')
    .replaceAll(')', '')
  const isPlain = /^@?[a-z0-9+_.@~=-]+$/.test(readable) && !readable.endsWith('.')
  if (isPlain && readable.length <= maxFolderName) return readable
  const digest = hash('sha256', key, 'hex').slice(0, 16)
  const start = readable.replaceAll(/[^A-Za-z0-9+_.@~=-]/g, '+').slice(0, maxFolderName - 17)
  return `${start}_${digest}`
}
