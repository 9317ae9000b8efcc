// Whether files still hold what they are called after: hashed when they are first used, and again where they changed since.
import { createHash, hash } from 'node:crypto'
import { type Stats, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { codeOf } from './folders.ts'
import { maxSoundKept, soundReadBytes } from './limits.ts'

/** A file, its size, and the SHA-512 of its bytes, in hex. */
export type NamedFile = {
  readonly path: string
  readonly sizeBytes: number
  readonly sha512: string
}

/** What is known of files. */
export type SoundFiles = {
  /** At once where the file was looked at since this process started, and has not been written to since. */
  readonly isSound: (file: NamedFile) => boolean | Promise<boolean>
  /** The file was just written, and its bytes hashed as they came. */
  readonly note: (file: NamedFile) => void
}

/** The file as it was when it was looked at: whatever writes to it changes `ctimeMs`. */
type Looked = Pick<Stats, 'ino' | 'ctimeMs'> & { readonly isSound: boolean }

/** Nothing is known yet. `onDamaged` hears of each file once. */
export function createSoundFiles(onDamaged: (path: string) => void): SoundFiles {
  const looked = new Map<string, Looked>() // What was looked at last stands last.
  const looking = new Map<string, Promise<boolean>>()
  const keep = ({ sha512 }: NamedFile, { ino, ctimeMs }: Stats, isSound: boolean): void => {
    looked.delete(sha512)
    looked.set(sha512, { ino, ctimeMs, isSound })
    const [oldest] = looked.keys()
    if (looked.size > maxSoundKept && oldest !== undefined) looked.delete(oldest)
  }
  const look = async (file: NamedFile, before: Stats): Promise<boolean> => {
    const isSound = (await digestOf(file)) === file.sha512
    keep(file, before, isSound) // As it was before: what is written meanwhile is looked at again.
    if (!isSound) onDamaged(file.path)
    return isSound
  }
  return {
    isSound: (file) => {
      const stats = statSync(file.path, { throwIfNoEntry: false })
      if (stats?.size !== file.sizeBytes) return false // Gone, or cut short.
      const known = looked.get(file.sha512)
      if (known?.ino === stats.ino && known.ctimeMs === stats.ctimeMs) return known.isSound
      const found = looking.get(file.sha512)
      if (found !== undefined) return found
      const running = look(file, stats).finally(() => looking.delete(file.sha512))
      looking.set(file.sha512, running)
      return running
    },
    note: (file) => {
      const stats = statSync(file.path, { throwIfNoEntry: false })
      if (stats !== undefined) keep(file, stats, true)
    },
  }
}

/** Undefined where it is gone meanwhile, or cannot be read. */
async function digestOf({ path, sizeBytes }: NamedFile): Promise<string | undefined> {
  try {
    await using file = await open(path, 'r')
    const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(sizeBytes, soundReadBytes)))
    const digest = createHash('sha512')
    for (let at = 0; at < sizeBytes; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
      if (bytesRead === 0) return undefined
      if (bytesRead === sizeBytes) return hash('sha512', buffer, 'hex')
      digest.update(buffer.subarray(0, bytesRead))
      at += bytesRead
    }
    return digest.digest('hex')
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'EIO' || code === 'EACCES') return undefined
    throw error
  }
}
