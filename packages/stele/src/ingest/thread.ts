// The server's end of a thread that reads uploads.
import { Worker } from 'node:worker_threads'
import { errorFromText, SteleError } from '@stele/errors'
import type { ReadDocument } from '@stele/registry'
import { ingestRetryS, ingestTimeoutMs } from './limits.ts'
import { type IngestNews, ownBytes } from './messages.ts'
import type { IngestThread } from './pool.ts'

/** Starts a thread. `main` is the module that runs it. */
export function startIngestThread(main: URL): IngestThread {
  const worker = new Worker(main, { workerData: { role: 'ingest' } })
  worker.unref() // A server that ends does not wait for it.
  let isUsable = true
  const spoil = (): void => {
    isUsable = false
  }
  worker.once('error', spoil).once('exit', spoil)
  return {
    isUsable: () => isUsable,
    read: (job) => {
      const body = ownBytes(job.body)
      worker.postMessage({ ...job, body }, [body.buffer])
      return answerOf(worker, spoil)
    },
    end: async () => {
      spoil()
      await worker.terminate()
    },
  }
}

function answerOf(worker: Worker, spoil: () => void): Promise<ReadDocument> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      act()
    }
    const onMessage = (news: IngestNews): void =>
      settle(() => ('read' in news ? resolve(news.read) : reject(errorFromText(news.error))))
    const onError = (error: unknown): void =>
      settle(() => reject(new Error('Reading an upload failed', { cause: error })))
    const onExit = (): void => settle(() => reject(busy('the server is stopping')))
    const timer = setTimeout(() => {
      spoil()
      settle(() => reject(busy(`reading the upload took over ${ingestTimeoutMs / 1000} seconds`)))
      void worker.terminate()
    }, ingestTimeoutMs)
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
  })
}

function busy(reason: string): SteleError {
  return new SteleError('server_busy', { reason, retryAfterS: ingestRetryS })
}
