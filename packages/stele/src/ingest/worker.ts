// A thread that reads uploads: JSON, base64, digests, tarballs.
import type { MessagePort } from 'node:worker_threads'
import { errorToText } from '@stele/errors'
import { parsePackageName } from '@stele/formats/names'
import { type DocumentJob, readLargeDocument } from '@stele/registry'
import { type IngestNews, ownBytes } from './messages.ts'

/** Reads one document after the other: the next is sent when the answer is there. */
export function runIngest(port: MessagePort): void {
  port.on('message', (job: DocumentJob) => {
    void answer(job).then(({ news, transfer }) => port.postMessage(news, [...transfer]))
  })
}

async function answer(job: DocumentJob): Promise<{
  readonly news: IngestNews
  readonly transfer: readonly ArrayBuffer[]
}> {
  try {
    const read = await readLargeDocument({ ...job, name: parsePackageName(job.name) })
    if (read.kind === 'change') return { news: { read }, transfer: [] }
    const tarball = ownBytes(read.upload.tarball)
    const news = { read: { ...read, upload: { ...read.upload, tarball } } }
    return { news, transfer: [tarball.buffer] }
  } catch (error) {
    return { news: { error: errorToText(error) }, transfer: [] }
  }
}
