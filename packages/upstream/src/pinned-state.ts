// What the log says of packages of upstreams, read from its state and its blobs.
import type { StateReader } from '@stele/entries/calls'
import {
  countConflicts,
  findLine,
  readAmended,
  readChosenRelease,
  readChosenReleases,
  readConflict,
  readHolders,
  readPinnedIntegrity,
  readSeenChunk,
  readSeenChunks,
  readUnlearned,
  walkPackageNames,
} from '@stele/releases/observed'
import { readContents, readNotice, readOrigin } from '@stele/releases/state'
import type { PinnedState } from './ports.ts'

/** The log's word. `readBlob` gives undefined for a blob that is withheld. */
export function createPinnedState(
  state: StateReader,
  readBlob: (name: string) => Uint8Array | undefined,
): PinnedState {
  return {
    names: () => walkPackageNames(state),
    origin: (name) => readOrigin(state, name),
    isReserved: (name) => readHolders(state, name).length > 0,
    chunks: (name) => readSeenChunks(state, name),
    chunk: (name, n) => readSeenChunk(state, name, n),
    chunkText: (blob) => {
      const bytes = readBlob(blob)
      return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8')
    },
    seen: (name, version) => {
      const chunks = readSeenChunks(state, name).map(readBlob)
      const given = chunks.filter((bytes) => bytes !== undefined)
      return given.length < chunks.length ? undefined : findLine(given, version)
    },
    chosen: (name, version) => readPinnedIntegrity(state, name, version),
    chosenRecord: (name, version) => readChosenRelease(state, name, version)?.record,
    chosenReleases: (name) => readChosenReleases(state, name),
    contents: (name, version) => readContents(state, name, version),
    unlearned: (name) => {
      const origin = readOrigin(state, name)
      return origin === undefined || origin === 'hosted' ? [] : readUnlearned(state, name)
    },
    hasConflict: (name, version, integrity) => readConflict(state, { name, version, integrity }),
    conflictCount: (name, version) => countConflicts(state, name, version),
    amended: (name) => readAmended(state, name),
    differs: (name, version) => readNotice(state, name, version).differs,
  }
}
