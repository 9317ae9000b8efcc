// Packuments that were fetched before, and when they may be used again: as long as the registry said, without asking; then once it has
// said that they still hold.
import type { IncomingHttpHeaders } from 'node:http'
import type { Ready } from './lazy-packument.ts'
import { maxFreshMs } from './limits.ts'
import { type Entry, type Facts, Packs } from './packs.ts'

/** How far what is kept is trusted: as the registry said, whatever its age, or never without asking. */
export type Freshness = 'usual' | 'offline' | 'prefer-offline' | 'prefer-online'

/** A packument that is kept. */
export type Kept = {
  /** It may be used as it is. */
  readonly isFresh: boolean
  /** What asks whether it still holds. */
  readonly conditions: Readonly<Record<string, string>>
  /** What is mostly needed of it, where its body can be had for the rest. */
  readonly ready: Ready | undefined
  /** As it came, undecoded; undefined where it is gone. */
  readonly body: () => Pick<KeptBody, 'body' | 'coding'> | undefined
  /** The registry said that it still holds. */
  readonly renew: (headers: IncomingHttpHeaders) => void
}

type KeptBody = { readonly body: Buffer; readonly coding: string | undefined }

/** Packuments by address. */
export type KeptPackuments = {
  readonly freshness: Freshness
  readonly find: (key: string) => Kept | undefined
  readonly keep: (key: string, headers: IncomingHttpHeaders, body: Buffer) => void
  /** Says what will mostly be needed of it: asked when everything is written. */
  readonly prepare: (key: string, ready: () => Ready) => void
  /** Nothing that is kept is used from now on without asking. Whether anything was. */
  readonly distrust: () => boolean
  /** Writes what is to be kept. */
  readonly close: () => void
}

/** Packuments that are kept in this folder, which is made when there is something to keep. */
export function openKeptPackuments(
  folder: string,
  freshness: Freshness = 'usual',
  now: () => number = Date.now,
): KeptPackuments {
  const packs = new Packs(folder)
  const openedMs = now()
  const prepared = new Map<string, () => Ready>()
  let trusted = freshness
  let hasTrusted = false
  const isFresh = ({ checkedMs, freshMs }: Facts): boolean => {
    if (trusted === 'offline' || trusted === 'prefer-offline') return true
    const ageMs = now() - checkedMs
    const isOwn = checkedMs > openedMs // It was asked for by this process.
    return isOwn || (trusted === 'usual' && ageMs >= 0 && ageMs < freshMs)
  }
  return {
    freshness,
    find: (key) => {
      const entry = packs.find(key)
      if (entry === undefined) return undefined
      const use = isFresh(entry)
      hasTrusted ||= use
      return {
        isFresh: use,
        ready: entry.ready !== undefined && packs.hold(entry) ? entry.ready : undefined,
        conditions: conditionsOf(entry),
        body: () => {
          const body = packs.body(entry)
          return body && { body, coding: entry.coding }
        },
        renew: (headers) => packs.renew(key, renewed(entry, factsOf(headers, now()))),
      }
    },
    keep: (key, headers, body) => {
      if (!/\bno-store\b/i.test(headers['cache-control'] ?? ''))
        packs.add(key, factsOf(headers, now()), body)
    },
    distrust: () => {
      if (freshness === 'offline' || !hasTrusted) return false
      trusted = 'prefer-online'
      hasTrusted = false
      return true
    },
    prepare: (key, ready) => void prepared.set(key, ready),
    close: () => {
      for (const [key, ready] of prepared) packs.prepare(key, ready())
      packs.close()
    },
  }
}

function conditionsOf({ etag, lastModified }: Entry): Readonly<Record<string, string>> {
  if (etag !== undefined) return { 'if-none-match': etag }
  return lastModified === undefined ? {} : { 'if-modified-since': lastModified }
}

function renewed(entry: Entry, { checkedMs, freshMs }: Facts): Entry {
  return { ...entry, checkedMs, freshMs }
}

function factsOf(headers: IncomingHttpHeaders, nowMs: number): Facts {
  const { etag, 'last-modified': lastModified, 'content-encoding': coding } = headers
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(coding === undefined ? {} : { coding }),
    checkedMs: nowMs,
    freshMs: freshMsOf(headers),
  }
}

/** As HTTP has it for a cache of one person; where a registry says nothing, it is asked each time. */
function freshMsOf({ 'cache-control': control = '', age = '0' }: IncomingHttpHeaders): number {
  if (/\bno-cache\b/i.test(control)) return 0
  const seconds = Number(/\bmax-age="?(\d+)/i.exec(control)?.[1] ?? 0)
  const pastSeconds = Number.parseInt(age, 10) || 0
  return Math.min(Math.max(seconds - pastSeconds, 0) * 1000, maxFreshMs)
}
