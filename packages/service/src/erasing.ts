// Erases from the disk what was taken down: another program that reads the database can hold its old pages for as long as it likes.
import { eraseAgainMs } from './limits.ts'
import type { ServicePorts } from './ports.ts'

/** Erasing for one log. */
export type Erasing = {
  /** Erases now. Gives why something is left, if so; then it is tried again until nothing is. */
  readonly erase: () => string | undefined
  readonly stop: () => void
}

/** Tries nothing before it is asked to. Tells when something has to wait, and when that is over. */
export function startErasing({
  home,
  timers,
  report,
}: Pick<ServicePorts, 'home' | 'timers' | 'report'>): Erasing {
  let cancel: (() => void) | undefined
  const erase = (): string | undefined => {
    const wasLeft = cancel !== undefined
    cancel?.()
    const reason = home.store.eraseWithheld?.()
    cancel = reason === undefined ? undefined : timers.after(eraseAgainMs, erase)
    if (reason === undefined && wasLeft) report({ event: 'takedown_finished' })
    if (reason !== undefined && !wasLeft) {
      report({ event: 'takedown_unfinished', reason: `not gone from the disk yet: ${reason}` })
    }
    return reason
  }
  return { erase, stop: () => cancel?.() }
}
