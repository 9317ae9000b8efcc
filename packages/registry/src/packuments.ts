// Serves packuments as bytes that are ready: made once for each revision, form, base address and coding.

import { hash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type Form } from '@stele/releases'
import { type ByteCache, createByteCache } from './byte-cache.ts'
import { fastGzipBytes, maxCacheBytes } from './limits.ts'
import { formatPackument, type PackumentSources } from './packument.ts'
import type { PackageRow } from './view-reader.ts'

/** How a packument is wanted. `baseUrl` is what tarball addresses begin with, as the client reaches this registry. */
export type PackumentAsk = {
  readonly form: Form
  readonly baseUrl: string
  readonly coding?: Coding
}

/** The codings that are kept ready. */
type Coding = 'identity' | 'gzip'

/** A packument as it is sent. `etag` is strong, quoted, and differs by revision, form, base address and coding. */
export type PackumentView = {
  readonly bytes: Uint8Array
  readonly etag: string
  readonly modifiedMs: number
  readonly rev: string
  readonly coding: Coding
}

/** Raise it when the same revision is written in other bytes than before: it is part of every ETag. */
const formatVersion = 1

/** Packuments by name; undefined for a package that is not there, or has no version left. */
export function createPackuments(
  sources: PackumentSources,
  maxBytes: number = maxCacheBytes,
): (name: string, ask: PackumentAsk) => PackumentView | undefined {
  const cache = createByteCache<PackumentView>(maxBytes)
  return (name, ask) => {
    const wanted = { ...ask, baseUrl: trimBase(ask.baseUrl) }
    const kept = cache.get(keyOf(name, wanted))
    if (kept !== undefined && kept.rev === sources.views.package(name)?.rev) return kept
    return sources.views.snapshot(() => {
      const row = sources.views.package(name)
      if (row === undefined || row.latest === null) return undefined
      const view = makeView({ sources, cache, name, row }, wanted)
      cache.set(keyOf(name, wanted), view, view.bytes.length)
      return view
    })
  }
}

/** The base address without a slash at its end. */
export function trimBase(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '')
}

type Found = {
  readonly sources: PackumentSources
  readonly cache: ByteCache<PackumentView>
  readonly name: string
  readonly row: PackageRow
}

function keyOf(name: string, { form, baseUrl, coding = 'identity' }: PackumentAsk): string {
  return `${coding} ${form} ${name} ${baseUrl}`
}

function makeView(found: Found, ask: PackumentAsk): PackumentView {
  const { sources, name, row } = found
  const { form, baseUrl, coding = 'identity' } = ask
  return {
    bytes:
      coding === 'gzip'
        ? compress(identityOf(found, ask))
        : Buffer.from(formatPackument(sources, { name, form, baseUrl }, row)),
    etag: etagOf(row.rev, ask),
    modifiedMs: row.modifiedMs,
    rev: row.rev,
    coding,
  }
}

/** The bytes to compress; those that are kept already, but no large copy is kept for this. */
function identityOf(
  { sources, cache, name, row }: Found,
  { form, baseUrl }: PackumentAsk,
): Uint8Array {
  const kept = cache.get(keyOf(name, { form, baseUrl }))
  if (kept?.rev === row.rev) return kept.bytes
  return Buffer.from(formatPackument(sources, { name, form, baseUrl }, row))
}

function compress(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: bytes.length > fastGzipBytes ? 3 : 6 })
}

/** The revision holds a leaf hash, and so names the package's state for all time; the rest tells representations apart. */
function etagOf(rev: string, { form, baseUrl, coding = 'identity' }: PackumentAsk): string {
  const base = hash('sha256', baseUrl, 'hex').slice(0, 8)
  return `"${rev}-${formatVersion}${form.charAt(0)}${coding.charAt(0)}-${base}"`
}
