// The thread that this process runs scripts in: one for all of them, started with the first and ended after the last.
import { type EarlyWorker, startThread } from '@stele/service/thread'
import { callTimeoutMs } from './limits.ts'
import { type HearEvent, SharedThread, type UsedThread } from './shared-thread.ts'

/** The module that threads run: beside the bundles, or in the sources above this folder. */
export const mainModule: URL = new URL(
  import.meta.url.endsWith('.ts') ? '../main.ts' : './main.js',
  import.meta.url,
)

let early: EarlyWorker | undefined

/** Has the next thread use a worker that was started before. */
export function useEarlyWorker(worker: EarlyWorker | undefined): void {
  early = worker
}

/** A process that runs scripts has one thread for all of them. */
const shared = new SharedThread((report) => {
  const thread = startThread({ main: mainModule, early, callTimeoutMs, report })
  early = undefined
  return thread
})

/** The thread, for the service of this name, whose events `hear` is told. */
export function useThread(name: string, hear: HearEvent): UsedThread {
  return shared.use(name, hear)
}
