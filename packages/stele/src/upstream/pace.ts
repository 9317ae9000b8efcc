// How fast an answer comes, measured while somebody waits for it: whoever reads it may take time.

/** The pace of one answer. Times are in ms, of one clock that never goes back. */
export type Pace = {
  /** Bytes came: they are being read now, and nobody waits. */
  readonly came: (sizeBytes: number, nowMs: number) => void
  /** They were read: the next ones are waited for. */
  readonly waits: (nowMs: number) => void
  /** What is wrong with it, if anything, and how long until the next look, ms. */
  readonly look: (nowMs: number) => { readonly fault?: 'silent' | 'slow'; readonly nextMs: number }
}

/** From now on somebody waits. After each `windowMs` of waiting, `leastBytes` must have come in them. */
export function createPace(
  { windowMs, leastBytes }: { readonly windowMs: number; readonly leastBytes: number },
  nowMs: number,
): Pace {
  let [receivedBytes, waitedMs] = [0, 0]
  let sinceMs: number | undefined = nowMs // Undefined: nobody waits.
  return {
    came: (sizeBytes, atMs) => {
      receivedBytes += sizeBytes
      if (sinceMs !== undefined) waitedMs += atMs - sinceMs
      sinceMs = undefined
    },
    waits: (atMs) => {
      sinceMs = atMs
    },
    look: (atMs) => {
      if (sinceMs === undefined) return { nextMs: windowMs }
      const inAllMs = waitedMs + atMs - sinceMs
      if (inAllMs < windowMs) return { nextMs: windowMs - inAllMs }
      if (receivedBytes < leastBytes) {
        return { fault: receivedBytes === 0 ? 'silent' : 'slow', nextMs: windowMs }
      }
      ;[receivedBytes, waitedMs, sinceMs] = [0, 0, atMs]
      return { nextMs: windowMs }
    },
  }
}
