// Whole answers kept ready: what depends on nothing but its address, on what the client takes, and on what is committed.
import type { FilePart, Incoming, Reply } from './exchange.ts'
import { markFile } from './file-mark.ts'
import { maxReadyAnswers, maxReadyBytes, maxReadyKeyLength, maxSeenKeys } from './limits.ts'

/** The answers that are ready. */
export type ReadyAnswers = {
  /** The answer, where it is kept and nothing was committed since; otherwise undefined, as for every request out of the ordinary. */
  readonly find: (incoming: Incoming) => Reply | undefined
  /** To be asked before the answer is made: keeps it, if the same was asked for before. */
  readonly begin: (incoming: Incoming) => ((reply: Reply) => void) | undefined
  readonly sizeBytes: () => number
}

type Kept = {
  readonly version: number
  /** By the same clock as `now`. */
  readonly untilMs: number
  readonly etag: string
  /** Undefined while all who asked had it already. */
  readonly whole: Reply | undefined
  readonly notModified: Reply
  readonly sizeBytes: number
  /** The file that is sent, as it was. */
  readonly file?: { readonly path: string; readonly mark: string }
}

/** How much is kept, and what the time is, in milliseconds of any clock that is never set back. */
type ReadyOptions = {
  readonly bytes?: number
  readonly count?: number
  readonly now?: () => number
}

/**
 * None yet. `version` differs after every commit: it is read before an answer is made and before one is given, so an answer
 * is never older than what was committed when its request came.
 */
export function createReadyAnswers(
  version: () => number,
  {
    bytes = maxReadyBytes,
    count = maxReadyAnswers,
    now = () => performance.now(),
  }: ReadyOptions = {},
): ReadyAnswers {
  const answers = new Map<string, Kept>() // In order of use, oldest first.
  const seen = new Set<string>()
  let totalBytes = 0

  const drop = (key: string): void => {
    totalBytes -= answers.get(key)?.sizeBytes ?? 0
    answers.delete(key)
  }
  const keep = (key: string, kept: Kept): void => {
    drop(key)
    if (kept.sizeBytes > bytes / 8) return
    answers.set(key, kept)
    totalBytes += kept.sizeBytes
    for (const oldest of answers.keys()) {
      if (totalBytes <= bytes && answers.size <= count) break
      drop(oldest)
    }
  }
  /** Most is asked for once: what is asked for again is worth its place. */
  const isSecond = (key: string): boolean => {
    if (seen.has(key)) return true
    if (seen.size >= maxSeenKeys) seen.clear()
    seen.add(key)
    return false
  }
  return {
    find: (incoming) => {
      const key = keyOf(incoming)
      const kept = key === undefined ? undefined : answers.get(key)
      if (key === undefined || kept === undefined) return undefined
      if (kept.version !== version() || now() >= kept.untilMs || !isFileThere(kept)) {
        drop(key)
        return undefined
      }
      const known = incoming.headers['if-none-match']
      if (known !== undefined && known !== kept.etag) return undefined
      answers.delete(key)
      answers.set(key, kept)
      return known === undefined ? kept.whole : kept.notModified
    },
    begin: (incoming) => {
      const key = keyOf(incoming)
      if (key === undefined || !isSecond(key)) return undefined
      const before = version()
      return (reply) => {
        const untilMs = now() + (reply.lastsMs ?? Number.POSITIVE_INFINITY)
        const kept = keptOf(reply, { version: before, untilMs, key })
        if (kept !== undefined) keep(key, kept)
      }
    },
    sizeBytes: () => totalBytes,
  }
}

/** Whoever made the answer knows what to do where it is gone, or is another one. */
function isFileThere({ file }: Kept): boolean {
  return file === undefined || markFile(file.path) === file.mark
}

/** Everything that an answer worth keeping may depend on. Undefined for what asks for a part, or by date. */
function keyOf({ method, url, headers }: Incoming): string | undefined {
  if (method !== 'GET' || headers['range'] !== undefined) return undefined
  const isByDate = headers['if-none-match'] === undefined // It comes first where both are asked for, as by pnpm.
  if (isByDate && headers['if-modified-since'] !== undefined) return undefined
  const { host = '', accept = '' } = headers
  const key = `${host}\n${accept}\n${headers['accept-encoding'] ?? ''}\n${url}`
  return key.length > maxReadyKeyLength ? undefined : key
}

function keptOf(
  { status, headers, body, isLasting }: Reply,
  { key, ...held }: Pick<Kept, 'version' | 'untilMs'> & { readonly key: string },
): Kept | undefined {
  const { etag } = headers
  if (isLasting !== true || etag === undefined) return undefined
  const keyBytes = 2 * key.length + 2_000
  if (status === 304) {
    const notModified = { status, headers, rawHeaders: rawOf(headers) }
    return { ...held, etag, whole: undefined, notModified, sizeBytes: keyBytes }
  }
  if (status !== 200 || body === undefined || !isKeepable(body)) return undefined
  const mark = 'file' in body ? markFile(body.file) : undefined
  if ('file' in body && mark === undefined) return undefined
  const {
    'content-type': _type,
    'content-encoding': _coding,
    'content-length': _length,
    ...rest
  } = headers
  return {
    ...held,
    etag,
    whole: { status, headers, rawHeaders: rawOf(headers), body },
    notModified: { status: 304, headers: rest, rawHeaders: rawOf(rest) },
    sizeBytes: keyBytes + (body instanceof Uint8Array ? body.length : 0),
    ...('file' in body && mark !== undefined ? { file: { path: body.file, mark } } : {}),
  }
}

function isKeepable(body: NonNullable<Reply['body']>): body is Uint8Array | FilePart {
  return body instanceof Uint8Array || 'file' in body
}

/** As node takes them without looking: name, value, name, value. */
function rawOf(headers: Reply['headers']): readonly string[] {
  return Object.entries(headers).flat()
}
