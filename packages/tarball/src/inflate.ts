// Gzip, many times over: one engine and one buffer for all of them. What is not one plain gzip member is left to gunzip().
import { constants, createGunzip, gzipSync } from 'node:zlib'
import { claimedSize, gunzip, isGzip, limitOf } from './gunzip.ts'
import type { TarballLimits } from './limits.ts'

/** Unpacks gzip after gzip. What it gives is overwritten by the next. Throws tarball_invalid, tarball_too_large. */
export type Inflater = (bytes: Uint8Array, limits: TarballLimits) => Buffer

/** Bytes of the buffer that is kept: larger archives, a few in a thousand, get one of their own. */
const keptBytes: number = 16 * 2 ** 20

/** What node:zlib's engines are made of. It is not public, so it is tried before it is used. */
type Engine = {
  readonly reset: () => void
  readonly _handle: {
    readonly writeSync: (
      flush: number,
      input: Uint8Array,
      inputAt: number,
      inputLength: number,
      output: Uint8Array,
      outputAt: number,
      outputLength: number,
    ) => void
  }
  readonly _writeState: Uint32Array
}

/** An inflater that keeps its engine where this Node lets it, else one that asks for a new one each time. */
export function createInflater(): Inflater {
  const kept = keepEngine()
  return kept !== undefined && isRight(kept)
    ? (bytes, limits) => kept(bytes, limits) ?? gunzip(bytes, limits)
    : gunzip
}

type Trying = (bytes: Uint8Array, limits: TarballLimits) => Buffer | undefined

function keepEngine(): Trying | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Whether it is so is looked at next.
  const engine = createGunzip() as unknown as Partial<Engine>
  const { _handle: handle, _writeState: state, reset } = engine
  if (
    typeof handle?.writeSync !== 'function' ||
    !(state instanceof Uint32Array) ||
    reset === undefined
  ) {
    return undefined
  }
  const output = Buffer.allocUnsafeSlow(keptBytes)
  let isBroken = false
  // An error ends the use of the engine.
  Object.assign(handle, { onerror: () => (isBroken = true) })
  return (bytes, limits) => {
    const size = isGzip(bytes) ? claimedSize(bytes) : undefined
    const limit = limitOf(bytes.length, limits)
    if (isBroken || size === undefined || size >= keptBytes || size > limit) return undefined
    reset.call(engine)
    // One byte more than it claims to hold, so that a lie shows.
    handle.writeSync(constants.Z_FINISH, bytes, 0, bytes.length, output, 0, size + 1)
    const [restOfOutput = 0, restOfInput = 1] = state
    return isBroken || restOfInput !== 0 || restOfOutput !== 1
      ? undefined
      : output.subarray(0, size)
  }
}

/** Whether it does what it should, twice in a row. */
function isRight(inflate: Trying): boolean {
  const limits = { maxUnpackedBytes: 2 ** 20, maxFiles: 1, maxRatio: 1000, ratioFreeBytes: 2 ** 20 }
  try {
    return ['one', 'two '.repeat(1000)].every(
      (text) => inflate(gzipSync(text), limits)?.toString() === text,
    )
  } catch {
    return false
  }
}
