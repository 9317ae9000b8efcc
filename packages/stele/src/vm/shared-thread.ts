// One thread for many services: started with the first that uses it, ended after the last.
import type { ServiceThread, ThreadEvent } from '@stele/service/thread'

/** Hears what an operator may want to know of a service. */
export type HearEvent = (event: ThreadEvent) => void

/** The thread, while somebody uses it. */
export type UsedThread = {
  readonly thread: ServiceThread
  /** Ends it after the last user. */
  readonly release: () => Promise<void>
}

type Running = { readonly thread: ServiceThread; readonly users: Map<string, HearEvent> }

/** The users of a thread, each under the name of its service. */
export class SharedThread {
  readonly #start: (report: HearEvent) => ServiceThread
  /** Until its last user is gone: whoever comes while that one ends gets another thread. */
  #running: Running | undefined

  /** `start` starts a thread, which tells `report` what happens there. */
  constructor(start: (report: HearEvent) => ServiceThread) {
    this.#start = start
  }

  /** The thread, for the service of this name: `hear` is told of its events, and of those of the whole thread. */
  use(name: string, hear: HearEvent): UsedThread {
    const running = this.#running ?? this.#begin()
    const { thread, users } = running
    if (users.has(name)) throw new Error(`The service "${name}" has the thread already`)
    users.set(name, hear)
    return {
      thread,
      release: async () => {
        users.delete(name)
        if (users.size > 0 || this.#running !== running) return
        this.#running = undefined
        await thread.close()
      },
    }
  }

  #begin(): Running {
    const users = new Map<string, HearEvent>()
    const thread = this.#start((event) => {
      const { service } = event
      const heard = service === undefined ? [...users.values()] : [users.get(service)]
      for (const hear of heard) hear?.(event)
    })
    const running = { thread, users }
    this.#running = running
    return running
  }
}
