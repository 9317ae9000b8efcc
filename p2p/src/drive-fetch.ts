// Reads files of a drive as if a web server served them: one by one, by the paths that a log's form has, within limits. Nothing is
// ever listed, so that names which somebody has put there, or how many, do not matter.
import { type CloneOptions, SteleError } from 'stele/clone'
import { IndexFault, lookUp } from './index-lookup.ts'
import { maxBlockBytes, maxBlocksAtOnce, maxBlockTries } from './limits.ts'

/** What is read of a list of blocks, such as a Hypercore. */
type Blocks = {
  readonly length: number
  /** Null where it cannot be had. Fails with the code REQUEST_TIMEOUT when nobody has sent it in time. */
  readonly get: (
    index: number,
    options: { readonly timeout: number; readonly valueEncoding: 'binary' },
  ) => Promise<Uint8Array | null>
}

/** A drive, and what is known of those who send it. */
export type ReadableDrive = {
  /** `hyper://…`, for people. */
  readonly address: string
  readonly index: Blocks
  readonly contents: Blocks
  /** Asks peers whether there is more by now. */
  readonly refresh: () => Promise<void>
  /** When a peer last sent something. */
  readonly heardMs: () => number
  readonly nowMs: () => number
  /** How long they may send nothing. */
  readonly silenceMs: number
}

type Fetch = CloneOptions['fetch']
type Blob = { readonly start: number; readonly count: number; readonly size: number }

const [statusOk, statusAbsent] = [200, 404]
const checkpointPath = '/-/log/checkpoint'

/**
 * Reads the drive as it is when its checkpoint is read: what that stands for is there. Throws `peers_silent`, `drive_invalid`.
 */
export function createDriveFetch(drive: ReadableDrive): Fetch {
  let length = drive.index.length
  return async (path, maxBytes) => {
    if (path === checkpointPath) {
      await drive.refresh()
      length = drive.index.length
    }
    try {
      const value = await lookUp(path, length, (index) => readBlock(drive, drive.index, index))
      if (value === undefined) return { status: statusAbsent, bytes: new Uint8Array(0) }
      const blob = parseBlob(value)
      // Whoever asked for less refuses more: nothing is fetched for that.
      if (blob.size > maxBytes) return { status: statusOk, bytes: new Uint8Array(maxBytes + 1) }
      return { status: statusOk, bytes: await readBlob(drive, blob) }
    } catch (cause) {
      if (!(cause instanceof IndexFault)) throw cause
      const { address } = drive
      throw new SteleError('drive_invalid', { address, path, reason: cause.message }, { cause })
    }
  }
}

/** Where a file's bytes are. Whoever made the drive may have written anything there. */
function parseBlob(value: Uint8Array): Blob {
  const { blob } = parseValue(value)
  if (typeof blob !== 'object' || blob === null) throw new IndexFault('it is no file')
  const numberOf = (name: string): number => {
    const found: unknown = Object.entries(blob).find(([key]) => key === name)?.[1]
    if (typeof found === 'number' && Number.isSafeInteger(found) && found >= 0) return found
    throw new IndexFault(`it has no "${name}"`)
  }
  const [start, count] = [numberOf('blockOffset'), numberOf('blockLength')]
  const size = numberOf('byteLength')
  const isCutOtherwise = count !== Math.ceil(size / maxBlockBytes) || 'blockMap' in blob
  if (isCutOtherwise) throw new IndexFault(`its ${size} bytes are in ${count} blocks`)
  return { start, count, size }
}

function parseValue(value: Uint8Array): { readonly blob?: unknown } {
  try {
    const found: unknown = JSON.parse(Buffer.from(value).toString())
    return typeof found === 'object' && found !== null ? found : {}
  } catch (cause) {
    throw new IndexFault('its entry is no JSON', { cause })
  }
}

async function readBlob(drive: ReadableDrive, { start, count, size }: Blob): Promise<Uint8Array> {
  const bytes = Buffer.alloc(size)
  for (let first = 0; first < count; first += maxBlocksAtOnce) {
    const some = Math.min(maxBlocksAtOnce, count - first)
    const read = Array.from({ length: some }, async (_, at) => {
      const block = await readBlock(drive, drive.contents, start + first + at)
      const from = (first + at) * maxBlockBytes
      if (block.length !== Math.min(maxBlockBytes, size - from)) {
        throw new IndexFault(`block ${first + at} of its bytes has ${block.length} of them`)
      }
      bytes.set(block, from)
    })
    await Promise.all(read)
  }
  return bytes
}

/** A block, from this disk or a peer. As long as others come it may take its time. */
async function readBlock(drive: ReadableDrive, blocks: Blocks, index: number): Promise<Uint8Array> {
  const { silenceMs } = drive
  for (let tries = 0; tries < maxBlockTries; tries++) {
    const startMs = drive.nowMs()
    try {
      const block = await blocks.get(index, { timeout: silenceMs, valueEncoding: 'binary' })
      if (block !== null) return block
    } catch (error) {
      if (codeOf(error) !== 'REQUEST_TIMEOUT') throw readFault(drive, error)
    }
    if (drive.heardMs() < startMs) break
  }
  const reason = `what is wanted next was not sent for ${silenceMs / 1000} seconds`
  throw new SteleError('peers_silent', { address: drive.address, reason })
}

function readFault({ address }: ReadableDrive, cause: unknown): unknown {
  const code = codeOf(cause)
  if (code === undefined) return cause
  const reason = `reading ended with ${code}`
  return new SteleError('peers_silent', { address, reason }, { cause })
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
