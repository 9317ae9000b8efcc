// Packuments that were asked for in vain a moment ago: what was said last holds on, and the operator is told why.
import type { ErrorCode, SteleError } from '@stele/errors'
import { maxFailedKept, staleMs } from './limits.ts'
import { forms, type KeptHead, type UpstreamPorts, type Wanted } from './ports.ts'

export type Failed = {
  /** It could not be asked: what it said last holds on, and it is asked again in a while. Gives it as it holds. */
  readonly note: (wanted: Wanted, before: KeptHead, error: SteleError) => KeptHead
  /** What holds on. */
  readonly find: (wanted: Wanted, before: KeptHead) => KeptHead | undefined
  readonly forget: (wanted: Wanted) => void
}

/** Nothing failed yet. */
export function createFailed({
  now,
  freshMs,
  report,
}: Pick<UpstreamPorts, 'now' | 'freshMs' | 'report'>): Failed {
  const all = new Map<string, { readonly untilMs: number; readonly told: string | undefined }>()
  const keyOf = ({ form, name }: Wanted): string => `${form} ${name}`
  const find: Failed['find'] = (wanted, before) => {
    const { untilMs = 0 } = all.get(keyOf(wanted)) ?? {}
    return untilMs > now() ? { ...before, checkedMs: untilMs - freshMs } : undefined
  }
  /** Tells each reason once for a name; that its upstream does not answer is told of that, and not of each name. */
  const tell = (name: string, code: ErrorCode, reason: string): ErrorCode | undefined => {
    if (code === 'upstream_unreachable') return undefined
    const isTold = forms.some((form) => all.get(`${form} ${name}`)?.told === code)
    if (!isTold) report({ kind: 'stale', name, code, reason })
    return code
  }
  return {
    find,
    forget: (wanted) => void all.delete(keyOf(wanted)),
    note: (wanted, before, { code, message }) => {
      const told = tell(wanted.name, code, message) ?? all.get(keyOf(wanted))?.told
      all.delete(keyOf(wanted)) // The last one noted stands last.
      all.set(keyOf(wanted), { untilMs: now() + staleMs, told })
      const [oldest] = all.keys()
      if (all.size > maxFailedKept && oldest !== undefined) all.delete(oldest)
      return find(wanted, before) ?? before
    },
  }
}
