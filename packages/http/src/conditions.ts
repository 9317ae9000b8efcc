// Conditional requests and ranges (RFC 9110 sections 8.8, 13 and 14), as far as clients of a registry use them.
import { SteleError } from '@stele/errors'
import { maxListMembers } from './limits.ts'

/** A part of the body: `[start, end)` in bytes. */
export type ByteRange = { readonly start: number; readonly end: number }

/** What the answer would carry. `etag` with its quotes. */
export type Validators = { readonly etag?: string; readonly modifiedMs?: number }

/** The conditions of a request. */
export type Conditions = {
  readonly ifNoneMatch: string | undefined
  readonly ifModifiedSince: string | undefined
}

/** True when the client has it already. If-None-Match wins over If-Modified-Since (npm-wire H7). */
export function isNotModified(conditions: Conditions, validators: Validators): boolean {
  const { ifNoneMatch, ifModifiedSince } = conditions
  if (ifNoneMatch !== undefined) return matchesEtag(ifNoneMatch, validators.etag)
  if (ifModifiedSince === undefined || validators.modifiedMs === undefined) return false
  const sinceMs = Date.parse(ifModifiedSince)
  return !Number.isNaN(sinceMs) && roundUpToSecond(validators.modifiedMs) <= sinceMs
}

/** An HTTP date, rounded up: pnpm takes it as the latest that a version can be of (npm-wire H9). */
export function httpDate(timeMs: number): string {
  return new Date(roundUpToSecond(timeMs)).toUTCString()
}

/**
 * The one range that is asked for; undefined for the whole: no range, several, another unit, nonsense, or an If-Range
 * that names another body. Throws range_unsatisfiable.
 */
export function chooseRange(
  headers: { readonly range: string | undefined; readonly ifRange: string | undefined },
  body: { readonly sizeBytes: number; readonly etag: string | undefined },
): ByteRange | undefined {
  const { range, ifRange } = headers
  const { sizeBytes } = body
  if (range === undefined || (ifRange !== undefined && ifRange !== body.etag)) return undefined
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/.exec(range) ?? []
  if (first === '' && last === '') return undefined
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1)
  if (start >= end) throw new SteleError('range_unsatisfiable', { range, sizeBytes })
  return { start, end }
}

function matchesEtag(header: string, etag: string | undefined): boolean {
  if (etag === undefined) return false
  if (header.trim() === '*') return true
  const members = header.split(',', maxListMembers)
  return members.some((member) => member.trim().replace(/^W\//, '') === etag)
}

function roundUpToSecond(timeMs: number): number {
  return Math.ceil(timeMs / 1000) * 1000
}
