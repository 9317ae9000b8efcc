// A thread that reads what upstreams sent: packuments, and tarballs.
import { readFileSync } from 'node:fs'
import type { MessagePort } from 'node:worker_threads'
import { type ErrorText, errorToText, isSteleError } from '@stele/errors'
import { readRelease } from '@stele/releases/release'
import type { Apart } from '@stele/upstream'
import { type Taken, type Taking, takeIn } from '@stele/upstream/taking'
import { maxReasonLength } from './limits.ts'

/** What such a thread does. */
export type ReadingJob =
  | { readonly kind: 'packument'; readonly taking: Taking }
  | { readonly kind: 'tarball'; readonly path: string; readonly sha512: string }

/** Its answers come in the order of its jobs. */
export type ReadingNews = { readonly done: Taken | Apart } | { readonly error: ErrorText }

/** Does one job after the other. */
export function runUpstreamReading(port: MessagePort): void {
  port.on('message', (job: ReadingJob) => port.postMessage(answer(job)))
}

function answer(job: ReadingJob): ReadingNews {
  try {
    return { done: job.kind === 'packument' ? takeIn(job.taking) : takeApart(job) }
  } catch (error) {
    return { error: errorToText(error) }
  }
}

/** What a tarball holds. One that cannot be taken apart is passed on to clients as it is, and nobody unpacks it here. */
function takeApart({ path, sha512 }: { readonly path: string; readonly sha512: string }): Apart {
  const bytes = readFileSync(path)
  try {
    const { contents, recordText, packageJson } = readRelease(bytes)
    return { contents, own: { record: recordText, packageJson } }
  } catch (error) {
    if (!isSteleError(error)) throw error
    const reason = error.message.slice(0, maxReasonLength).toWellFormed()
    const contents = { files: null, manifest: null, reason, sha512, size: bytes.length }
    return { contents, own: undefined }
  }
}
