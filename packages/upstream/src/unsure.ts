// What somebody who publishes is told while an upstream does not answer: an error that clients do not take for passing.
import { isSteleError, SteleError } from '@stele/errors'
import { maxUnsureKept, unsureMs } from './limits.ts'
import type { UpstreamPorts } from './ports.ts'

/** Asks whether an upstream has a name. Throws upstream_unsure where that cannot be told, and what else `ask` throws. */
export type AskToPublish = <T>(name: string, ask: () => Promise<T>) => Promise<T>

/** Nobody asked yet. npm looks for a package before it sends it: it does not wait a second time for the same. */
export function createAskToPublish({ now }: Pick<UpstreamPorts, 'now'>): AskToPublish {
  const unsure = new Map<string, { readonly untilMs: number; readonly error: SteleError }>()
  return async (name, ask) => {
    const { untilMs = 0, error } = unsure.get(name) ?? {}
    if (error !== undefined && untilMs > now()) throw error
    unsure.delete(name)
    try {
      return await ask()
    } catch (cause) {
      if (!isSteleError(cause, 'upstream_unreachable')) throw cause
      const { what: _what, retryAfterS: _retry, ...told } = cause.details
      const unsureError = new SteleError('upstream_unsure', { ...told, name }, { cause })
      if (unsure.size >= maxUnsureKept) unsure.clear()
      unsure.set(name, { untilMs: now() + unsureMs, error: unsureError })
      throw unsureError
    }
  }
}
