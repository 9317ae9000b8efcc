// A tarball on its way: written down and hashed as it comes, and told on meanwhile to whoever asks for it. The last bytes
// are told only when the whole is known to be the one that was pinned.
import { createHash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { maxTarballBytes, tailBytes } from './limits.ts'
import type { Answer, HeldTarball, Receiving, Tarballs } from './ports.ts'

/** A tarball that is coming, or has come. */
export type Arriving = {
  /** As the upstream says; undefined where it does not. */
  readonly sizeBytes: number | undefined
  /** Rejects with upstream_changed where it is another one, and with what went wrong on the way. */
  readonly whole: Promise<HeldTarball>
  /** Its bytes as they come. Ends with the error that `whole` rejects with. */
  readonly bytes: () => AsyncIterable<Uint8Array>
}

/** What is expected. */
export type Expected = {
  readonly upstream: string
  readonly spec: string
  readonly integrity: string
  /** In hex, as the log says of the tarball that was here before: it binds where the integrity is a weaker hash. */
  readonly sha512: string | undefined
}

type Ports = { readonly receiving: Receiving } & Pick<Tarballs, 'open' | 'maxBytes'>

/** Receives an answer's body. It goes on whether anybody waits for it or not. */
export function arrive(answer: Answer, ports: Ports, expected: Expected): Arriving {
  const sizeBytes = sizeOf(answer)
  const progress = createProgress()
  const whole = take(answer, ports, { expected, progress })
  whole.catch(() => undefined) // Nobody may be waiting for it.
  return { sizeBytes, whole, bytes: () => tail(ports, progress, whole) }
}

type Progress = {
  readonly writtenBytes: () => number
  readonly wrote: (sizeBytes: number) => void
  readonly end: () => void
  readonly isEnded: () => boolean
  /** Resolves when more is written, or nothing comes any more. */
  readonly more: () => Promise<void>
}

function createProgress(): Progress {
  let writtenBytes = 0
  let isEnded = false
  let next = Promise.withResolvers<void>()
  const wake = (): void => {
    next.resolve()
    next = Promise.withResolvers<void>()
  }
  return {
    writtenBytes: () => writtenBytes,
    wrote: (sizeBytes) => {
      writtenBytes += sizeBytes
      wake()
    },
    end: () => {
      isEnded = true
      wake()
    },
    isEnded: () => isEnded,
    more: () => next.promise,
  }
}

type Taking = { readonly expected: Expected; readonly progress: Progress }

async function take(answer: Answer, ports: Ports, taking: Taking): Promise<HeldTarball> {
  const { expected, progress } = taking
  const { receiving } = ports
  try {
    const sha512 = await receive(answer, ports, taking)
    return await receiving.keep(expected.integrity, sha512)
  } catch (error) {
    progress.end()
    await receiving.drop()
    throw error
  }
}

/** Writes all of it down. Gives its SHA-512 in hex, once the whole is the one that was pinned. */
async function receive(answer: Answer, ports: Ports, taking: Taking): Promise<string> {
  const { expected, progress } = taking
  const { upstream, spec, integrity } = expected
  const [sha512, sha1] = [createHash('sha512'), createHash('sha1')]
  const limit = Math.min(maxTarballBytes, ports.maxBytes)
  let total = 0
  for await (const chunk of namingErrors(answer.body, expected)) {
    total += chunk.length
    if (total > limit) {
      answer.cancel()
      throw new SteleError('upstream_too_large', { upstream, what: spec, limit })
    }
    sha512.update(chunk)
    sha1.update(chunk)
    await ports.receiving.append(chunk)
    progress.wrote(chunk.length)
  }
  progress.end() // From here on the file is closed and moved, or removed.
  const digest = sha512.digest('hex')
  const shown = integrity.startsWith('sha1-')
    ? `sha1-${sha1.digest('base64')}`
    : integrityOf(digest)
  const told = { upstream, spec }
  if (shown !== integrity) {
    throw new SteleError('upstream_changed', { ...told, pinned: integrity, shown })
  }
  if (expected.sha512 === undefined || expected.sha512 === digest) return digest
  const pinned = integrityOf(expected.sha512)
  throw new SteleError('upstream_changed', { ...told, pinned, shown: integrityOf(digest) })
}

function integrityOf(sha512: string): string {
  return `sha512-${Buffer.from(sha512, 'hex').toString('base64')}`
}

/** The body, whose errors are the upstream's: the disk has its own. */
async function* namingErrors(
  body: Answer['body'],
  { upstream, spec }: Expected,
): AsyncIterable<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    const reason = `broke off: ${error instanceof Error ? error.message : String(error)}`
    const told = { upstream, what: spec, reason, retryAfterS: 1 }
    throw new SteleError('upstream_unreachable', told, { cause: error })
  }
}

/** What is written, as it is written; the last of it when the whole is in order. */
async function* tail(
  { receiving, open }: Ports,
  progress: Progress,
  whole: Promise<HeldTarball>,
): AsyncIterable<Uint8Array> {
  let offset = 0
  let last: Uint8Array | undefined
  const opening = whole.then(open) // At once: it may be removed again before a slow reader is that far.
  opening.catch(() => undefined) // Whoever leaves does not wait for it.
  try {
    while (!progress.isEnded()) {
      if (offset === progress.writtenBytes()) await progress.more()
      if (progress.isEnded()) break // From here on it lies elsewhere.
      const chunk = await receiving.read(
        offset,
        Math.min(tailBytes, progress.writtenBytes() - offset),
      )
      offset += chunk.length
      if (last !== undefined) yield last
      last = chunk
    }
    const held = await whole
    const file = await opening
    if (last !== undefined) yield last
    for (; offset < held.sizeBytes; offset += tailBytes) {
      yield await file.read(offset, Math.min(tailBytes, held.sizeBytes - offset))
    }
  } finally {
    opening.then((file) => file.close()).catch(() => undefined)
  }
}

function sizeOf({ headers }: Answer): number | undefined {
  const text = headers['content-length']
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
