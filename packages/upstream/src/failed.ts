// What was asked for in vain a moment ago: what was said last holds on, and the operator is told why; and where nothing was
// said before, whoever asks again at once does not wait again.
import { type ErrorCode, isSteleError, type SteleError } from '@stele/errors'
import { isLate } from './asking.ts'
import { maxFailedKept, staleMs } from './limits.ts'
import { forms, type KeptHead, type UpstreamPorts, type Wanted } from './ports.ts'

export type Failed = {
  /** It could not be asked: what it said last holds on, and it is asked again in a while. Gives it as it holds. */
  readonly note: (wanted: Wanted, before: KeptHead, error: SteleError) => KeptHead
  /** What holds on. */
  readonly find: (wanted: Wanted, before: KeptHead) => KeptHead | undefined
  /** It did not answer in time, and nothing holds on; other errors are not noted. */
  readonly noteError: (name: string, error: unknown) => void
  /** Why not, where that was a moment ago, in whichever form. */
  readonly findError: (name: string) => SteleError | undefined
  readonly forget: (wanted: Wanted) => void
}

type Note = {
  readonly untilMs: number
  /** What the operator was told. */
  readonly told: ErrorCode | undefined
}

/** Nothing failed yet. */
export function createFailed({
  now,
  freshMs,
  report,
}: Pick<UpstreamPorts, 'now' | 'freshMs' | 'report'>): Failed {
  const all = createNotes<Note>()
  const errors = createNotes<{ readonly untilMs: number; readonly error: SteleError }>()
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
    findError: (name) => {
      const { untilMs = 0, error } = errors.get(name) ?? {}
      return untilMs > now() ? error : undefined
    },
    forget: (wanted) => all.delete(keyOf(wanted)),
    note: (wanted, before, { code, message }) => {
      const told = tell(wanted.name, code, message) ?? all.get(keyOf(wanted))?.told
      all.set(keyOf(wanted), { untilMs: now() + staleMs, told })
      return find(wanted, before) ?? before
    },
    noteError: (name, error) => {
      if (!isSteleError(error, 'upstream_unreachable') || !isLate(error.cause)) return
      errors.set(name, { untilMs: now() + staleMs, error })
    },
  }
}

/** Notes by key, so many of the last ones. */
function createNotes<T>(): {
  readonly get: (key: string) => T | undefined
  readonly set: (key: string, note: T) => void
  readonly delete: (key: string) => void
} {
  const notes = new Map<string, T>()
  return {
    get: (key) => notes.get(key),
    delete: (key) => void notes.delete(key),
    set: (key, note) => {
      notes.delete(key) // The last one noted stands last.
      notes.set(key, note)
      const [oldest] = notes.keys()
      if (notes.size > maxFailedKept && oldest !== undefined) notes.delete(oldest)
    },
  }
}
