// Structured logs: one JSON line an event, to stderr.
import { redact } from '@stele/errors'

/** How loud an event is. */
export type Level = 'debug' | 'info' | 'error'
/** Writes an event. */
export type Logger = (
  level: Level,
  event: string,
  facts?: { readonly [name: string]: unknown },
) => void

const loudness = { debug: 0, info: 1, error: 2 } as const

/** A logger that writes events of at least this level. */
export function createLogger(least: Level, write: (line: string) => void): Logger {
  return (level, event, facts = {}) => {
    if (loudness[level] < loudness[least]) return
    const line = JSON.stringify({ time: new Date().toISOString(), level, event, ...facts })
    write(`${redact(line)}\n`)
  }
}
