// What a log signed that contradicts what it signed before: together they prove it, so they are kept before anything is said.
import type { CarryOptions, VerifyPorts } from '@stele/audit'
import { logRoot } from '@stele/entries/paths'
import { isSteleError } from '@stele/errors'
import { maxNoteBytes } from './limits.ts'

/** What was seen of a log, and what is shown in its place. */
export type Contradiction = {
  /** Of the log that was seen. */
  readonly origin: string
  /** The signed checkpoints. */
  readonly seen: string
  readonly found: string
  /** What else is shown, by its name below `/-/log/`: the keys, and the head, which has a signed checkpoint too. */
  readonly beside: { readonly [name: string]: string }
}

type Fetch = VerifyPorts['fetch']

const files = ['checkpoint', 'head', 'key'] as const
const statusOk = 200

/** Follows a log, with a fetch that remembers what it signed; `contradicted` is given that where it is not the history that is known. */
export async function keepContradictions<Result>(
  {
    fetch,
    known,
    contradicted,
  }: {
    readonly fetch: Fetch
    readonly known: CarryOptions['known']
    readonly contradicted?: ((found: Contradiction) => void) | undefined
  },
  follow: (fetch: Fetch) => Promise<Result>,
): Promise<Result> {
  const shown = new Map<string, string>()
  const remembering: Fetch = async (path, maxBytes, accept) => {
    const answer = await fetch(path, maxBytes, accept)
    const name = files.find((one) => path === logRoot + one)
    if (name !== undefined && answer.status === statusOk)
      shown.set(name, Buffer.from(answer.bytes).toString())
    return answer
  }
  try {
    return await follow(remembering)
  } catch (error) {
    if (known === undefined || !isSteleError(error) || !error.code.startsWith('history_'))
      throw error
    // Of a log with another key nothing but that was asked for.
    if (!shown.has(files[0])) await remembering(logRoot + files[0], maxNoteBytes)
    const { checkpoint = '', ...beside } = Object.fromEntries(shown)
    contradicted?.({ origin: known.origin, seen: known.note, found: checkpoint, beside })
    throw error
  }
}
