// What was asked for in vain a moment ago: what was said last holds on, and the operator is told why; and where nothing was
// said before, whoever asks again at once does not wait again.
import { type ErrorCode, isSteleError, type SteleError } from '@stele/errors'
import { isLate } from './asking.ts'
import { maxFailedKept, staleMs } from './limits.ts'
import { forms, type KeptHead, type UpstreamPorts, type Wanted } from './ports.ts'

export type Failed = {
  /** It could not be asked: what it said last holds on, and it is asked again in a while. Gives it as it holds. */
  readonly note: (wanted: Wanted, before: KeptHead, error: SteleError) => KeptHead
  /** The same where nobody waits for how asking goes. */
  readonly hold: (wanted: Wanted, before: KeptHead) => KeptHead
  /** What holds on. */
  readonly find: (wanted: Wanted, before: KeptHead) => KeptHead | undefined
  /** It did not answer in time, and nothing holds on; other errors are not noted. */
  readonly noteError: (wanted: Wanted, error: unknown) => void
  /** Why not, where that was a moment ago. */
  readonly findError: (wanted: Wanted) => SteleError | undefined
  readonly forget: (wanted: Wanted) => void
}

type Note = {
  readonly untilMs: number
  /** What the operator was told. */
  readonly told?: ErrorCode
  /** Where nothing holds on. */
  readonly error?: SteleError
}

/** Nothing failed yet. */
export function createFailed({
  now,
  freshMs,
  report,
}: Pick<UpstreamPorts, 'now' | 'freshMs' | 'report'>): Failed {
  const all = new Map<string, Note>()
  const keyOf = ({ form, name }: Wanted): string => `${form} ${name}`
  const findNote = (wanted: Wanted): Note | undefined => {
    const note = all.get(keyOf(wanted))
    return note !== undefined && note.untilMs > now() ? note : undefined
  }
  const keep = (wanted: Wanted, note: Omit<Note, 'untilMs'>): void => {
    all.delete(keyOf(wanted)) // The last one noted stands last.
    all.set(keyOf(wanted), { ...note, untilMs: now() + staleMs })
    const [oldest] = all.keys()
    if (all.size > maxFailedKept && oldest !== undefined) all.delete(oldest)
  }
  const find: Failed['find'] = (wanted, before) => {
    const note = findNote(wanted)
    if (note === undefined || note.error !== undefined) return undefined
    return { ...before, checkedMs: note.untilMs - freshMs }
  }
  /** Tells each reason once for a name; that its upstream does not answer is told of that, and not of each name. */
  const tell = (name: string, code: ErrorCode, reason: string): ErrorCode | undefined => {
    if (code === 'upstream_unreachable') return undefined
    const isTold = forms.some((form) => all.get(`${form} ${name}`)?.told === code)
    if (!isTold) report({ kind: 'stale', name, code, reason })
    return code
  }
  const holdOn = (wanted: Wanted, before: KeptHead, code?: ErrorCode): KeptHead => {
    const told = code ?? all.get(keyOf(wanted))?.told
    keep(wanted, told === undefined ? {} : { told })
    return find(wanted, before) ?? before
  }
  return {
    find,
    findError: (wanted) => findNote(wanted)?.error,
    forget: (wanted) => void all.delete(keyOf(wanted)),
    hold: (wanted, before) => holdOn(wanted, before),
    note: (wanted, before, { code, message }) =>
      holdOn(wanted, before, tell(wanted.name, code, message)),
    noteError: (wanted, error) => {
      if (isSteleError(error, 'upstream_unreachable') && isLate(error.cause))
        keep(wanted, { error })
    },
  }
}
