// Archives that somebody uploads, taken apart in a thread that ends with each: so its memory is given back.
import { type MessagePort, Worker } from 'node:worker_threads'
import { type ErrorText, errorFromText, errorToText, SteleError } from '@stele/errors'
import { type ArchivedPackage, packArchive } from '@stele/scanner/archives'
import { archiveTimeoutMs, ingestRetryS } from './limits.ts'
import { ownBytes } from './messages.ts'

type ArchiveNews = { readonly packages: readonly ArchivedPackage[] } | { readonly error: ErrorText }

/** Takes archives apart. `main` is the module that runs the thread. Throws what packArchive() throws, and server_busy. */
export function createArchiveThreads(main: URL): {
  readonly packArchive: (bytes: Uint8Array) => Promise<readonly ArchivedPackage[]>
  readonly close: () => Promise<void>
} {
  const running = new Set<Worker>()
  return {
    packArchive: async (bytes) => {
      const archive = ownBytes(bytes)
      const worker = new Worker(main, {
        workerData: { role: 'archive', archive },
        transferList: [archive.buffer],
      })
      running.add(worker)
      try {
        return await packagesOf(worker)
      } finally {
        running.delete(worker)
        await worker.terminate()
      }
    },
    close: async () => {
      await Promise.all([...running].map((worker) => worker.terminate()))
    },
  }
}

function packagesOf(worker: Worker): Promise<readonly ArchivedPackage[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly ArchivedPackage[]>()
  const late = `reading the archive took over ${archiveTimeoutMs / 1000} seconds`
  const timer = setTimeout(() => reject(busy(late)), archiveTimeoutMs)
  worker
    .once('message', (news: ArchiveNews) => {
      if ('packages' in news) resolve(news.packages)
      else reject(errorFromText(news.error))
    })
    .once('error', (cause) => reject(new Error('Reading an archive failed', { cause })))
    .once('exit', () => reject(busy('the server is stopping')))
  return promise.finally(() => clearTimeout(timer))
}

function busy(reason: string): SteleError {
  return new SteleError('server_busy', { reason, retryAfterS: ingestRetryS })
}

/** The thread: one archive, one answer. */
export async function runArchive(port: MessagePort, archive: Uint8Array): Promise<void> {
  try {
    const packages = await packArchive(archive)
    port.postMessage(
      { packages },
      packages.map(({ tarball }) => tarball.buffer),
    )
  } catch (error) {
    port.postMessage({ error: errorToText(error) })
  }
}
