// The base addresses that ready bytes are kept for: a few, since whoever asks chooses the Host.
import { hash } from 'node:crypto'
import { baseAddressIdleMs, maxBaseAddresses } from './limits.ts'

/** A base address without a slash at its end, and eight hex digits that stand for it. */
export type BaseAddress = {
  readonly text: string
  readonly digest: string
  /** False where the places are taken: what is made for it is not kept. */
  readonly isKept: boolean
}

/** Finds base addresses as requests name them. `now` gives milliseconds since 1970. */
export function createBaseAddresses(now: () => number): (baseUrl: string) => BaseAddress {
  const places = new Map<string, { readonly address: BaseAddress; usedMs: number }>()

  /** A place is free, or has not been used for long: then it is given away. */
  function hasPlace(nowMs: number): boolean {
    if (places.size < maxBaseAddresses) return true
    for (const [baseUrl, { usedMs }] of places) {
      if (nowMs - usedMs > baseAddressIdleMs) return places.delete(baseUrl)
    }
    return false
  }

  return (baseUrl) => {
    const nowMs = now()
    const found = places.get(baseUrl)
    if (found !== undefined) {
      found.usedMs = nowMs
      return found.address
    }
    const isKept = hasPlace(nowMs)
    const text = trimBase(baseUrl)
    const address = { text, digest: hash('sha256', text, 'hex').slice(0, 8), isKept }
    if (isKept) places.set(baseUrl, { address, usedMs: nowMs })
    return address
  }
}

/** The base address without a slash at its end. */
export function trimBase(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '')
}
