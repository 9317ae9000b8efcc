// The hashes of the engine's parts, as they lie on disk.
import { hash } from 'node:crypto'
import { readOwnParts } from '../src/assets.ts'

/** By part: the hex SHA-512 of its file. */
export function hashParts(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(readOwnParts()).map(([part, bytes]) => [part, hash('sha512', bytes)]),
  )
}
