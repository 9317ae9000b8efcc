// Errors as answers: a SteleError with its status and JSON that npm can print; anything else is a bug with an id.
import { type ErrorBody, isSteleError, SteleError, toErrorBody } from '@stele/errors'
import type { Ask } from './ask.ts'
import { type Draft, jsonDraft } from './draft.ts'
import { busyRetryS, maxReasonLength } from './limits.ts'

/** The answer that tells of an error. `onBug` is told of what is none of the catalogue, and gives an id for it. */
export function toReply(thrown: unknown, onBug: (error: unknown) => string): Draft {
  const error = isDiskFull(thrown) ? new SteleError('disk_full', {}, { cause: thrown }) : thrown
  if (!(error instanceof SteleError)) {
    const body = { error: 'Internal error', code: 'internal', id: onBug(error) }
    return jsonDraft(500, body, noStore)
  }
  const draft = jsonDraft(error.status, {}, { ...noStore, ...headersOf(error) })
  // On lines of its own each member, since pnpm 12 shows a person the whole body.
  return { ...draft, body: Buffer.from(`${JSON.stringify(wireBody(error), null, 2)}\n`) }
}

/** What the operating system says where there is no room left: no bug, and the operator's to mend. */
function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === 'ENOSPC' || error.code === 'EDQUOT'
}

/**
 * The error in the members that clients show: npm, yarn and bun print `error` alone, so that it ends with what to do next;
 * npm's exchange of OIDC tokens, and pnpm, read `message`.
 */
function wireBody(error: SteleError): ErrorBody & { readonly message: string } {
  const body = toErrorBody(error)
  const text = body.fix === undefined ? body.error : `${body.error}. ${body.fix}`
  return { ...body, error: text, message: text }
}

/** The error as words of the status line; undefined for a bug. */
export function reasonOf(thrown: unknown): string | undefined {
  if (!isSteleError(thrown)) return undefined
  return thrown.message.replaceAll(/[^ -~]/g, '?').slice(0, maxReasonLength)
}

/** The error for a request that no route takes. A route throws it to say that what it was asked for is not its own. */
export function routeNotFound(
  { method, shownPath }: Pick<Ask, 'method' | 'shownPath'>,
  kind: 'registry' | 'service' = 'registry',
): SteleError {
  return new SteleError('route_not_found', { method, path: shownPath(), kind })
}

const noStore = { 'cache-control': 'no-store' }

function headersOf(error: SteleError): Record<string, string> {
  const details: object = error.details
  if ('sizeBytes' in details && error.status === 416) {
    return { 'content-range': `bytes */${String(details.sizeBytes)}` }
  }
  if (isSteleError(error, 'method_not_allowed')) return { allow: error.details.allow.join(', ') }
  if ('retryAfterS' in details) return { 'retry-after': String(details.retryAfterS) }
  return error.status === 429 || error.status === 503 ? { 'retry-after': String(busyRetryS) } : {}
}
