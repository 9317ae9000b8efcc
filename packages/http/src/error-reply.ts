// Errors as answers: a SteleError with its status and JSON that npm can print; anything else is a bug with an id.
import { SteleError, toErrorBody } from '@stele/errors'
import type { Ask } from './ask.ts'
import { type Draft, jsonDraft } from './draft.ts'
import { safePath } from './event.ts'
import { busyRetryS } from './limits.ts'

/** The answer that tells of an error. `onBug` is told of what is none of the catalogue, and gives an id for it. */
export function toReply(error: unknown, onBug: (error: unknown) => string): Draft {
  if (!(error instanceof SteleError)) {
    const body = { error: 'Internal error', code: 'internal', id: onBug(error) }
    return jsonDraft(500, body, noStore)
  }
  return jsonDraft(error.status, toErrorBody(error), { ...noStore, ...headersOf(error) })
}

/** The error for a request that no route takes. A route throws it to say that what it was asked for is not its own. */
export function routeNotFound({ method, url }: Pick<Ask, 'method' | 'url'>): SteleError {
  return new SteleError('route_not_found', { method, path: safePath(url) })
}

const noStore = { 'cache-control': 'no-store' }

function headersOf(error: SteleError): Record<string, string> {
  const details: object = error.details
  if ('sizeBytes' in details && error.status === 416) {
    return { 'content-range': `bytes */${String(details.sizeBytes)}` }
  }
  if (error.status !== 429 && error.status !== 503) return {}
  return {
    'retry-after': String('retryAfterS' in details ? details.retryAfterS : busyRetryS),
  }
}
