// What the face of calls needs of the server.
import type { SubmitCall } from '@stele/entries/calls'
import type { AnswerRoom } from './answer-room.ts'

/** A service, as whoever calls its methods needs it. */
export type RpcPorts = {
  readonly submit: SubmitCall
  /** The names of its methods, and whether callers may be anonymous where calls have to be signed. */
  readonly offers: () => Promise<{
    readonly methods: readonly string[]
    readonly anonymous: boolean
  }>
  /** The log's origin, which signed calls name. */
  readonly origin: string
  /** The last number that this account's key has signed; undefined for an account that is not a key. */
  readonly lastSeq: (account: string) => number | undefined
  readonly nowMs: () => number
  /** Callers are who they say they are: for machines of one's own. */
  readonly isDebug: boolean
  /** Shared by all services of a server. */
  readonly room: AnswerRoom
  /** Tells the operator of what must not happen. */
  readonly reportBug: (error: unknown) => void
}
