// What the face of health needs of the server.
import type { Registry } from '@stele/registry'
import type { LogReads } from '../log-reads.ts'

/** What the server counted since it started. */
type Counts = {
  /** Requests that were answered, by the first digit of their status. */
  readonly requests: ReadonlyMap<number, number>
  readonly publishes: number
}

/** The log's size, whether writes are taken, and what was counted. */
export type HealthPorts = {
  readonly log: Pick<LogReads, 'treeSize'>
  /** Why writes are refused now; undefined, or absent, where they are taken. */
  readonly writesRefused?: () => string | undefined
  /** Why the service is said not to answer; undefined, or absent, where it does. Resolves within a few seconds. */
  readonly notAnswering?: () => Promise<string | undefined>
  readonly counts: () => Counts
  /** Absent where the service is none. */
  readonly registry?: Pick<Registry, 'conflicts' | 'upstreamStates' | 'heldBack'>
  /** Connections that are open now. */
  readonly connections: () => number
}
