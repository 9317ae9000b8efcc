// When to stop: signals of the terminal and the system as one AbortSignal.

/** What of `process` is used here. */
export type Signalled = {
  readonly on: (signal: NodeJS.Signals, heard: (signal: NodeJS.Signals) => void) => unknown
  readonly exit: (status: number) => unknown
}

/** Ctrl-C reaches the server more than once: from the terminal, and again from npm and the launcher, who pass it on. */
const sameRequestMs = 1_000
const statusOf = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** Aborts at the first SIGINT, SIGTERM or SIGHUP. Another one, later than a second after it, ends the process at once. */
export function stopSignal(
  process: Signalled,
  now: () => number = () => performance.now(),
): AbortSignal {
  const controller = new AbortController()
  let firstMs: number | undefined
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      firstMs ??= now()
      if (now() - firstMs > sameRequestMs) process.exit(statusOf[signal])
      else controller.abort(signal)
    })
  }
  return controller.signal
}

/** Resolves when it is time to stop. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
