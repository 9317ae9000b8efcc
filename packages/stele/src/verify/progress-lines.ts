// How far a verification of a script's service is: a line that is drawn over itself on a terminal, a line a phase anywhere else.
import type { VerifyProgress } from '@stele/audit'
import {
  createProgressLine,
  type ProgressLine,
  type ProgressNouns,
  type Terminal,
} from './progress.ts'

/** What is being done: on a terminal what is counted, elsewhere a line. */
type Doing = {
  readonly nouns: ProgressNouns
  readonly line: (event: VerifyProgress) => string
}

/** A verification. */
export const verifying: Doing = {
  nouns: {
    entries: 'entries of the call log replayed',
    contents: 'blobs compared',
    served: 'files and folders compared',
  },
  line: ({ phase, total }) =>
    phase === 'entries'
      ? `Downloading the call log, and replaying its ${total} entries`
      : `Downloading the files, and comparing all ${total}`,
}

/** A clone. */
export const cloning: Doing = {
  nouns: { ...verifying.nouns, entries: 'entries of the call log checked' },
  line: ({ total }) => `Downloading the call log, and checking its ${total} entries`,
}

/** A mirror. */
export const mirroring: Doing = {
  nouns: { ...verifying.nouns, entries: 'entries of the log checked' },
  line: ({ total }) => `Downloading the log, and checking its ${total} entries`,
}

/** A mirror out of a file. */
export const unpacking: Doing = {
  nouns: mirroring.nouns,
  line: ({ total }) => `Reading the log, and checking its ${total} entries`,
}

/** Tells what is being done, as NodeVMS does. */
export function createProgressLines(
  terminal: Terminal,
  nowMs: () => number,
  { nouns, line }: Doing,
): ProgressLine {
  if (terminal.isTTY === true) return createProgressLine(terminal, nowMs, nouns)
  let told: string | undefined
  const say = (text: string): void => void terminal.write(`${text}\n`)
  const show = (event: VerifyProgress): void => {
    if (event.phase === told || event.phase === 'contents') return
    told = event.phase
    say(line(event))
  }
  return { ask: (url) => say(`Connecting to ${url}`), show, clear: () => undefined }
}
