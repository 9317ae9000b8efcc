// Templates that were just made: whoever waited for one reads it in a moment, and need not unpack it for that.
import type { Form } from '@stele/releases/release'
import { maxReadyBytes } from './limits.ts'

/** Templates, each until it was read once. */
export type ReadyTemplates = {
  readonly put: (name: string, form: Form, made: ReadyTemplate) => void
  /** The one with this digest, if it is there. */
  readonly take: (name: string, form: Form, digest: string | undefined) => Uint8Array | undefined
}

/** The text as UTF-8, and its SHA-256 in hex. */
type ReadyTemplate = { readonly digest: string; readonly plain: Uint8Array }

/** None yet. The oldest go when they are too many bytes together. */
export function createReadyTemplates(maxBytes: number = maxReadyBytes): ReadyTemplates {
  const all = new Map<string, ReadyTemplate>()
  let sizeBytes = 0
  const remove = (key: string): ReadyTemplate | undefined => {
    const found = all.get(key)
    all.delete(key)
    sizeBytes -= found?.plain.length ?? 0
    return found
  }
  return {
    put: (name, form, made) => {
      const key = `${form} ${name}`
      remove(key)
      all.set(key, made)
      sizeBytes += made.plain.length
      for (const one of all.keys()) {
        if (sizeBytes <= maxBytes) return
        remove(one)
      }
    },
    take: (name, form, digest) => {
      const found = remove(`${form} ${name}`)
      return found?.digest === digest ? found?.plain : undefined
    },
  }
}
