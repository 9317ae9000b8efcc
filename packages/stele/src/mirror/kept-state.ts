// What a run of a mirror leaves for the next one, beside the mirror: where it stopped following the log, and how much it holds of each
// package. It can be made again from the log, so a file that its seal does not hold for is as good as none.
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { type KeptCarry, readSnapshot, writeSnapshot } from '@stele/audit'
import { putFile } from '@stele/storage/files'
import { maxStateHeaderBytes } from './limits.ts'

/** Of a package: releases that are wanted, those of them whose tarballs are here, and those whose contents nobody knows yet. */
export type Tally = readonly [wanted: number, held: number, unlearned: number]

/** What is kept. */
export type KeptMirror = {
  readonly carry: KeptCarry
  /** Of packages by their names. */
  readonly tallies: ReadonlyMap<string, Tally>
}

const stateFile = 'mirror.state'
/** Raise it when its form changes, or what is made of a log: then the next run makes all of it anew. */
const format = 'stele-mirror-state/1'

type Header = Pick<KeptCarry, 'settingBlobs' | 'withheld'> & {
  readonly format: string
  /** Base64. */
  readonly last: string
  readonly tallies: readonly (readonly [name: string, tally: Tally])[]
}

/** Writes it beside the mirror. Gives the seal, without which it is not read back. Throws what the file system says. */
export async function saveState(dir: string, kept: KeptMirror): Promise<string> {
  const digest = createHash('sha256')
  const hashed = function* (): Iterable<Uint8Array> {
    for (const piece of piecesOf(kept)) {
      digest.update(piece)
      yield piece
    }
  }
  // One that a power cut has torn is not what its seal says.
  await putFile(join(dir, stateFile), hashed(), { isLasting: false })
  return digest.digest('hex')
}

function* piecesOf({ carry, tallies }: KeptMirror): Iterable<Uint8Array> {
  const { continuation, last, settingBlobs, withheld } = carry
  const header: Header = {
    format,
    settingBlobs,
    withheld,
    last: Buffer.from(last).toString('base64'),
    tallies: [...tallies],
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  yield length
  yield text
  yield* writeSnapshot(continuation)
}

/** What was kept of a log of `size` entries under this seal; undefined where there is no such file, or another one. */
export function loadState(
  dir: string,
  { seal, size }: { readonly seal: string; readonly size: number },
): KeptMirror | undefined {
  const file = openHere(join(dir, stateFile))
  if (file === undefined) return undefined
  const digest = createHash('sha256')
  const fill = (target: Uint8Array): void => {
    for (let at = 0; at < target.length; ) {
      const count = readSync(file, target, at, target.length - at, null)
      if (count === 0) throw new RangeError('The file is cut')
      at += count
    }
    digest.update(target)
  }
  try {
    const header = readHeader(fill)
    const continuation = header && readSnapshot(fill)
    const isWhole = digest.digest('hex') === seal && continuation?.hashes.count(0) === size
    if (header === undefined || continuation === undefined || !isWhole) return undefined
    const { settingBlobs, withheld, tallies } = header
    const last = Buffer.from(header.last, 'base64')
    return { carry: { continuation, last, settingBlobs, withheld }, tallies: new Map(tallies) }
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError || error instanceof TypeError) {
      return undefined
    }
    throw error
  } finally {
    closeSync(file)
  }
}

function readHeader(fill: (target: Uint8Array) => void): Header | undefined {
  const length = Buffer.alloc(4)
  fill(length)
  const size = length.readUInt32BE()
  if (size > maxStateHeaderBytes) return undefined
  const text = Buffer.alloc(size)
  fill(text)
  const header: Header = JSON.parse(text.toString())
  return header.format === format ? header : undefined
}

function openHere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch {
    return undefined
  }
}
