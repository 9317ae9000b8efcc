// The thread that this process runs scripts in: one for all of them, started with the first and ended after the last.
import {
  type EarlyWorker,
  type ServiceThread,
  startThread,
  type ThreadEvent,
} from '@stele/service/thread'

/** Hears what an operator may want to know of a service. */
export type HearEvent = (event: ThreadEvent) => void

/** The thread, while somebody uses it. */
export type UsedThread = {
  readonly thread: ServiceThread
  /** Ends it after the last user. */
  readonly release: () => Promise<void>
}

/** The module that threads run: beside the bundles, or in the sources above this folder. */
export const mainModule: URL = new URL(
  import.meta.url.endsWith('.ts') ? '../main.ts' : './main.js',
  import.meta.url,
)

/** How long a call may hold the thread that all services share, in milliseconds: what costs gas ends within one second. */
const callTimeoutMs = 5_000

let early: EarlyWorker | undefined
let running: { readonly thread: ServiceThread; users: number } | undefined
const listeners = new Map<string, HearEvent>()

/** Has the next thread use a worker that was started before. */
export function useEarlyWorker(worker: EarlyWorker | undefined): void {
  early = worker
}

/** The thread, for the service of this name, whose events `hear` is told. */
export function useThread(name: string, hear: HearEvent): UsedThread {
  const used = running ?? { thread: start(), users: 0 }
  running = used
  used.users++
  listeners.set(name, hear)
  return {
    thread: used.thread,
    release: async () => {
      listeners.delete(name)
      used.users--
      if (used.users > 0 || running !== used) return
      running = undefined
      await used.thread.close()
    },
  }
}

function start(): ServiceThread {
  const report: HearEvent = (event) => {
    const { service } = event
    if (service !== undefined) listeners.get(service)?.(event)
    else for (const hear of listeners.values()) hear(event)
  }
  const thread = startThread({ main: mainModule, early, callTimeoutMs, report })
  early = undefined
  return thread
}
