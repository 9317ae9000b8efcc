// How far a verification of a script's service is: a line that is drawn over itself on a terminal, a line a phase anywhere else.
import type { VerifyProgress } from '@stele/audit'
import {
  createProgressLine,
  type ProgressLine,
  type ProgressNouns,
  type Terminal,
} from './progress.ts'

const nouns: ProgressNouns = {
  entries: 'entries of the call log replayed',
  contents: 'blobs compared',
  served: 'files and folders compared',
}

/** Tells what is being done, as NodeVMS does. */
export function createProgressLines(terminal: Terminal, nowMs: () => number): ProgressLine {
  if (terminal.isTTY === true) return createProgressLine(terminal, nowMs, nouns)
  let told: string | undefined
  const say = (text: string): void => void terminal.write(`${text}\n`)
  const show = ({ phase, total }: VerifyProgress): void => {
    if (phase === told) return
    told = phase
    if (phase === 'entries') say(`Downloading the call log, and replaying its ${total} entries`)
    else if (phase === 'served') say(`Downloading the files, and comparing all ${total}`)
  }
  return { ask: (url) => say(`Connecting to ${url}`), show, clear: () => undefined }
}
