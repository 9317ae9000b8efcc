// A thread that reads what upstreams sent: packuments, and tarballs.
import { createReadStream, statSync } from 'node:fs'
import type { MessagePort } from 'node:worker_threads'
import { type ErrorText, errorToText, isSteleError } from '@stele/errors'
import { readPackedRelease } from '@stele/releases/release'
import type { Apart } from '@stele/upstream'
import { type Taken, type Taking, takeIn } from '@stele/upstream/taking'
import { ownBytes } from '../ingest/messages.ts'
import { maxReasonLength, tarballPieceBytes } from './limits.ts'

/** What such a thread does. */
export type ReadingJob = PackumentJob | TarballJob

/** `sizeBytes` is what the packument may have without its coding. */
type PackumentJob = {
  readonly kind: 'packument'
  readonly taking: Taking
  readonly sizeBytes: number
}

type TarballJob = { readonly kind: 'tarball'; readonly path: string; readonly sha512: string }

/** Its answers come in the order of its jobs. */
export type ReadingNews = { readonly done: Taken | Apart } | { readonly error: ErrorText }

/** Does one job after the other. */
export function runUpstreamReading(port: MessagePort): void {
  let last = Promise.resolve()
  port.on('message', (job: ReadingJob) => {
    last = last.then(async () => port.postMessage(...handOver(await answer(job))))
  })
}

async function answer(job: ReadingJob): Promise<ReadingNews> {
  try {
    return { done: job.kind === 'packument' ? takeIn(job.taking) : await takeApart(job) }
  } catch (error) {
    return { error: errorToText(error) }
  }
}

/** Templates are handed over, not copied. */
function handOver(news: ReadingNews): [news: ReadingNews, transfer: ArrayBuffer[]] {
  if (!('done' in news) || !('template' in news.done)) return [news, []]
  const [template, plain] = [ownBytes(news.done.template), ownBytes(news.done.plain)]
  return [{ done: { ...news.done, template, plain } }, [template.buffer, plain.buffer]]
}

/** What a tarball holds. One that cannot be taken apart is passed on to clients as it is, and nobody unpacks it here. */
async function takeApart({ path, sha512 }: Omit<TarballJob, 'kind'>): Promise<Apart> {
  const { size } = statSync(path)
  const packed = {
    sizeBytes: size,
    pieces: (start: number) => createReadStream(path, { start, highWaterMark: tarballPieceBytes }),
  }
  try {
    const digests = { sha512, shasum: '' } // The other one is in no contents.
    const { contents, recordText, packageJson } = await readPackedRelease(packed, { digests })
    return { contents, own: { record: recordText, packageJson } }
  } catch (error) {
    if (!isSteleError(error)) throw error
    const reason = error.message.slice(0, maxReasonLength).toWellFormed()
    const contents = { files: null, manifest: null, reason, sha512, size }
    return { contents, own: undefined }
  }
}
