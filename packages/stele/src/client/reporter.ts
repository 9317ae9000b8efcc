// What an installation tells while it goes on: a line that is drawn over itself for a person, a line now and then for a log, an event a
// line for a program. Nothing at all of what takes no time.
import { beforeEnd } from '../ending.ts'
import { firstProgressMs, plainProgressMs, progressMs } from './limits.ts'

/** How far it is. */
export type Progress = {
  /** Packages whose version is known. */
  readonly resolved: number
  /** Packages that were fetched, of those that are to be so far. */
  readonly fetched: number
  readonly wanted: number
  readonly fetchedBytes: number
}

/** Hears of an installation. */
export type Reporter = {
  readonly say: (line: string) => void
  /** Tells how far it is, until it is disposed of. */
  readonly watch: (read: () => Progress) => Disposable
}

/** The reporters by name. */
export const reporters = ['default', 'append-only', 'ndjson', 'silent'] as const

/** How it is told. */
export type ReporterName = (typeof reporters)[number]

/** Where it is told. */
export type Outputs = {
  /** For people. */
  readonly log: (text: string) => void
  /** For programs. */
  readonly data: (text: string) => void
  /** A person looks at the log, and a line can be drawn over. */
  readonly isTerminal: boolean
  readonly nowMs: () => number
}

/** A reporter. */
export function createReporter(name: ReporterName, outputs: Outputs): Reporter {
  if (name === 'silent') return { say: () => {}, watch: () => ({ [Symbol.dispose]: () => {} }) }
  if (name === 'ndjson') return forPrograms(outputs)
  return name === 'default' && outputs.isTerminal ? forPeople(outputs) : forLogs(outputs)
}

const clear = '\r\u001B[K'

function forPeople({ log, nowMs }: Outputs): Reporter {
  let isShown = false
  const hide = (): void => {
    if (isShown) log(clear)
    isShown = false
  }
  return {
    say: (line) => {
      hide()
      log(`${line}\n`)
    },
    watch: (read) => {
      const startMs = nowMs()
      const draw = (): void => {
        const tookMs = nowMs() - startMs
        if (tookMs < firstProgressMs) return
        isShown = true
        log(`${clear}${progressText(read(), tookMs)}`)
      }
      const ending = beforeEnd(hide)
      return every(progressMs, draw, () => {
        ending[Symbol.dispose]()
        hide()
      })
    },
  }
}

function forLogs({ log, nowMs }: Outputs): Reporter {
  return {
    say: (line) => log(`${line}\n`),
    watch: (read) => {
      const startMs = nowMs()
      return every(plainProgressMs, () => log(`${progressText(read(), nowMs() - startMs)}\n`))
    },
  }
}

function forPrograms({ data }: Outputs): Reporter {
  const tell = (event: object): void => data(`${JSON.stringify(event)}\n`)
  return {
    say: (text) => tell({ event: 'notice', text }),
    watch: (read) => {
      tell({ event: 'start' })
      const progress = (): void => tell({ event: 'progress', ...read() })
      return every(firstProgressMs, progress, progress)
    },
  }
}

/** It keeps no process alive. */
function every(ms: number, act: () => void, end: () => void = () => {}): Disposable {
  const timer = setInterval(act, ms)
  timer.unref()
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      end()
    },
  }
}

/** `Resolving, 312 packages; fetched 120 of 300, 12.3 MB, 5.1 MB/s`. */
export function progressText(progress: Progress, tookMs: number): string {
  const { resolved, fetched, wanted, fetchedBytes } = progress
  if (wanted === 0) return resolved === 0 ? 'Resolving' : `Resolving: ${resolved} packages`
  const megabytes = fetchedBytes / 1_000_000
  const speed = (megabytes / Math.max(tookMs, 1)) * 1000
  const start = resolved === 0 ? 'Fetched' : `${resolved} packages; fetched` // Of a lock nothing is resolved.
  return `${start} ${fetched} of ${wanted}, ${megabytes.toFixed(1)} MB, ${speed.toFixed(1)} MB/s`
}
