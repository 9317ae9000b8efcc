// A thread that reads uploads: JSON, base64, digests, tarballs.
import type { MessagePort } from 'node:worker_threads'
import { errorToText } from '@stele/errors'
import { parsePackageName } from '@stele/formats/names'
import { type DocumentJob, type ReadDocument, readDocument } from '@stele/registry'
import { type IngestNews, ownBytes } from './messages.ts'

/** Reads one document after the other. */
export function runIngest(port: MessagePort): void {
  port.on('message', (job: DocumentJob) => {
    const { news, transfer } = answer(job)
    port.postMessage(news, [...transfer])
  })
}

function answer(job: DocumentJob): {
  readonly news: IngestNews
  readonly transfer: readonly ArrayBuffer[]
} {
  try {
    const read: ReadDocument = readDocument({ ...job, name: parsePackageName(job.name) })
    if (read.kind === 'change') return { news: { read }, transfer: [] }
    const tarball = ownBytes(read.upload.tarball)
    const news = { read: { ...read, upload: { ...read.upload, tarball } } }
    return { news, transfer: [tarball.buffer] }
  } catch (error) {
    return { news: { error: errorToText(error) }, transfer: [] }
  }
}
