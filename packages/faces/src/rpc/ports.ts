// What the face of calls needs of the server.
import type { SubmitCall } from '@stele/entries/calls'

/** A service, as whoever calls its methods needs it. */
export type RpcPorts = {
  readonly submit: SubmitCall
  /** The names of its methods. */
  readonly methods: () => Promise<readonly string[]>
  /** Callers are who they say they are: for machines of one's own. */
  readonly isDebug: boolean
  /** Tells the operator of what must not happen. */
  readonly reportBug: (error: unknown) => void
}
