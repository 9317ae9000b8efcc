// A call on its way through the sequencer: from what a caller asked to a body, and from an entry to the caller's answer.
import type { CallAnswer, CallRequest } from '@stele/entries/calls'
import { entryKinds, saltBytes } from '@stele/entries/leaf'
import { OutsideAnswers } from './outside-answers.ts'
import type { Pending } from './pending.ts'
import type { Appended, LogPorts } from './ports.ts'

/** What waits in the queue for this call. Its number is given when it is its turn, unless its caller has signed one. */
export function pendingCall(
  request: CallRequest,
  origin: string,
  { outside, random }: Pick<LogPorts, 'outside' | 'random'>,
): Omit<Pending, 'resolve' | 'reject'> {
  const { account, method, args, blobs, prepared } = request
  const answers = outside === undefined ? undefined : new OutsideAnswers()
  return {
    plan: (stage) => {
      const sender =
        request.via === 'key'
          ? signedSender(request.signed)
          : { seq: stage.nextSequence(account), via: { type: request.via } }
      return { kind: entryKinds.call, body: { v: 1, origin, account, ...sender, method, args } }
    },
    name: method,
    alone: false,
    prepared,
    ...(blobs === undefined ? {} : { blobs }),
    // The same salt for each of its runs: what it draws by chance, and then asks with, stays the same.
    ...(answers === undefined ? {} : { answers, outside: answers.find, salt: random(saltBytes) }),
  }
}

type Signed = Extract<CallRequest, { via: 'key' }>['signed']

function signedSender({ seq, key, notAfter, signature }: Signed): {
  readonly seq: number
  readonly via: { readonly type: 'key' } & Omit<Signed, 'seq'>
} {
  return { seq, via: { type: 'key', key, notAfter, signature } }
}

/** What the caller is told of the entry. */
export function answerOf({ index, timeMs, effects }: Appended): CallAnswer {
  if (!effects.ok) return { index, timeMs, outcome: { ok: false, error: effects.error } }
  const { result } = effects
  return { index, timeMs, outcome: { ok: true, ...(result === undefined ? {} : { result }) } }
}
