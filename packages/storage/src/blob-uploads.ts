// Large blobs on their way into the log: kept before their call is queued, and dropped again where the log does not take them.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CallAnswer, CallBlob, CallRequest } from '@stele/entries/calls'
import { isSteleError } from '@stele/errors'
import { blobFile, keepLargeBlobs, needsFile } from './blob-store.ts'

/** The uploads of one log. */
export type BlobUploads = {
  /** As keepLargeBlobs(), once the folder was swept. */
  readonly keep: (blobs: readonly CallBlob[]) => Promise<readonly CallBlob[]>
  /** Runs the call, and removes the files of its blobs where the log did not take them. */
  readonly submit: (
    submit: (request: CallRequest) => Promise<CallAnswer>,
    request: CallRequest,
  ) => Promise<CallAnswer>
  /** Runs work that keeps blobs without `keep`: once the folder was swept; and while it runs, nothing is removed. */
  readonly hold: <T>(work: () => Promise<T>) => Promise<T>
}

/** What the uploads need to know of their log. */
type LogFacts = {
  /** Whether the committed log holds the blob. */
  readonly isKept: (name: string) => boolean
  /**
   * Whether that can be believed: a database put back to an older copy knows nothing of what came since, and the newer
   * one, put back in its turn, must find its blobs.
   */
  readonly isInOrder: Promise<boolean>
}

/** The uploads into this folder. What refused calls and kills have left there goes before the first upload. */
export function createBlobUploads(folder: string, { isKept, isInOrder }: LogFacts): BlobUploads {
  const running = new Map<string, number>()
  let holds = 0
  let removed: Promise<unknown> = Promise.resolve()
  const swept = isInOrder.then((may) => (may ? sweep(folder, isKept) : undefined))
  swept.catch(() => undefined) // Whoever uploads is told.
  const count = (name: string, by: number): number => {
    const left = (running.get(name) ?? 0) + by
    if (left === 0) running.delete(name)
    else running.set(name, left)
    return left
  }
  const settle = async (name: string, isKnown: boolean): Promise<void> => {
    if (count(name, -1) > 0 || !isKnown || holds > 0 || isKept(name)) return
    const gone = rm(blobFile(folder, name), { force: true })
    removed = Promise.allSettled([removed, gone])
    await gone
  }
  /** Settles when no file is being removed: one that is written meanwhile could be of the same name. */
  const isSettled = async (): Promise<void> => {
    await swept
    await removed
  }
  return {
    keep: async (blobs) => {
      await isSettled()
      return keepLargeBlobs(folder, blobs)
    },
    hold: async (work) => {
      holds++ // What is refused meanwhile stays until the next start.
      try {
        await isSettled()
        return await work()
      } finally {
        holds--
      }
    },
    submit: async (submit, request) => {
      const names = (request.blobs ?? []).filter(needsFile).map(({ name }) => name)
      for (const name of names) count(name, 1)
      let isKnown = false
      try {
        const answer = await submit(request)
        isKnown = true
        return answer
      } catch (error) {
        isKnown = isSteleError(error) && (await isRefusal(error.code, isInOrder))
        throw error
      } finally {
        for (const name of names) await settle(name, isKnown)
      }
    },
  }
}

/**
 * Whether the log holds nothing of the call, and will not. After any other error the next start knows: a commit that
 * failed may still lie whole in the database's journal, and a log that is not in order may be an older copy.
 */
async function isRefusal(code: string, isInOrder: Promise<boolean>): Promise<boolean> {
  return refusals.has(code) || (refusalsUnheard.has(code) && (await isInOrder))
}

/** The refusals of a log that is in order. */
const refusals: ReadonlySet<string> = new Set(['call_aborted', 'call_malformed', 'log_busy'])

/** The refusals of calls that never reached a log, which may be in order or not. */
const refusalsUnheard: ReadonlySet<string> = new Set([
  'log_closed',
  'service_closed',
  'service_suspended',
])

async function sweep(folder: string, isKept: (name: string) => boolean): Promise<void> {
  for (const part of await entriesOf(folder)) {
    for (const name of await entriesOf(join(folder, part))) {
      if (!isKept(name)) await rm(join(folder, part, name), { recursive: true, force: true })
    }
  }
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    }
    throw error
  }
}
