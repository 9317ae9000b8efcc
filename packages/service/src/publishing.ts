// Publishes behind the log: soon after a commit, at most once a second, less often where it takes long, and never while the log is read-only.
import { isSteleError, reasonOf } from '@stele/errors'
import type { Publisher } from '@stele/log'
import { longestPublishRestMs, publishEveryMs, publishRestFactor } from './limits.ts'
import type { ServicePorts } from './ports.ts'

/** What publishing asks of the sequencer, and tells it. */
type Writes = {
  readonly readOnly: string | undefined
  readonly stopWrites: (reason: string) => void
}

/** Publishing of one log. */
export type Publishing = { readonly wake: () => void; readonly stop: () => Promise<void> }

/**
 * Starts it; without a publisher there is nothing to do. A log that refuses writes publishes nothing: what it would
 * overwrite is the evidence of what went wrong, and a folder that is not the log's stops the writes.
 */
export function startPublishing(
  publisher: Pick<Publisher, 'publish'> | undefined,
  writes: Writes,
  { timers, report, nowMs }: Pick<ServicePorts, 'timers' | 'report' | 'nowMs'>,
): Publishing {
  if (publisher === undefined) return { wake: () => undefined, stop: async () => undefined }
  let restMs = publishEveryMs
  const publish = async (): Promise<void> => {
    if (writes.readOnly !== undefined) return
    const startMs = nowMs()
    try {
      await publisher.publish()
    } catch (error) {
      if (isSteleError(error, 'log_inconsistent')) writes.stopWrites(error.details.reason)
      const reason = reasonOf(error)
      report({ event: 'folder_publish_failed', reason })
    }
    const wantedMs = publishRestFactor * (nowMs() - startMs)
    restMs = Math.min(longestPublishRestMs, Math.max(publishEveryMs, wantedMs))
  }
  let cancel: (() => void) | undefined
  return {
    wake: () => {
      cancel ??= timers.after(restMs, () => {
        cancel = undefined // What is committed from here on is for the next time.
        void publish()
      })
    },
    stop: async () => {
      cancel?.()
      await publish()
    },
  }
}
