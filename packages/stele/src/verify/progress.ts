// A progress line on a terminal, drawn over itself; nothing anywhere else.
import type { VerifyProgress } from '@stele/audit'
import { registryNouns } from '@stele/releases/checks'

const drawEveryMs = 100
const clearLine = '\r\u001b[2K'

/** What is counted in each phase. */
export type ProgressNouns = { readonly [P in VerifyProgress['phase']]: string }

const ofRegistry: ProgressNouns = {
  entries: 'entries replayed',
  contents: registryNouns.content.many,
  served: `${registryNouns.served.many} compared`,
}

/** What is drawn on; `isTTY` is true for a terminal. */
export type Terminal = {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly write: (text: string) => unknown
}

/** A line that shows how far a verification is, and can be cleared. */
export type ProgressLine = {
  /** Says who is being asked, until the first answer comes. */
  readonly ask: (url: string) => void
  readonly show: (event: VerifyProgress) => void
  readonly clear: () => void
}

/** A progress line; on anything but a terminal it does nothing. */
export function createProgressLine(
  terminal: Terminal,
  nowMs: () => number,
  nouns: ProgressNouns = ofRegistry,
): ProgressLine {
  if (terminal.isTTY !== true)
    return { ask: () => undefined, show: () => undefined, clear: () => undefined }
  let drawnMs = 0
  return {
    ask(url) {
      drawnMs = nowMs()
      terminal.write(clearLine + `Asking ${url} …`.slice(0, (terminal.columns ?? 80) - 1))
    },
    show(event) {
      if (nowMs() - drawnMs < drawEveryMs) return
      drawnMs = nowMs()
      terminal.write(clearLine + formatProgress(event, terminal.columns ?? 80, nouns))
    },
    clear() {
      if (drawnMs > 0) terminal.write(clearLine)
    },
  }
}

/** The line's text: a bar and numbers, no wider than the terminal. */
export function formatProgress(
  { phase, done, total }: VerifyProgress,
  columns: number,
  nouns: ProgressNouns = ofRegistry,
): string {
  const text = ` ${done} of ${total} ${nouns[phase]}`
  const width = Math.max(0, Math.min(30, columns - text.length - 4))
  const full = total === 0 ? width : Math.floor((width * done) / total)
  return `[${'#'.repeat(full)}${' '.repeat(width - full)}]${text}`.slice(0, columns - 1)
}
