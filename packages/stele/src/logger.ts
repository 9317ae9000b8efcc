// The server's log, an event a line, to stderr: JSON for programs, plain text for a person at a terminal.
import { redactLine } from '@stele/errors'

/** How loud an event is. */
export type Level = 'debug' | 'info' | 'error'
/** What is known of an event, by name. */
type Facts = { readonly [name: string]: unknown }
/** Writes an event. */
export type Logger = (level: Level, event: string, facts?: Facts) => void
/** What becomes of the events. */
type LogOptions = {
  /** Quieter events are left out. */
  readonly least: Level
  readonly format: 'text' | 'json'
  readonly write: (line: string) => void
}

const loudness = { debug: 0, info: 1, error: 2 } as const

/** A logger that writes events of at least this level. */
export function createLogger({ least, format, write }: LogOptions): Logger {
  const formatLine = format === 'json' ? formatJson : formatText
  return (level, event, facts = {}) => {
    if (loudness[level] < loudness[least]) return
    write(`${redactLine(formatLine({ level, event, facts }))}\n`)
  }
}

type Line = { readonly level: Level; readonly event: string; readonly facts: Facts }

function formatJson({ level, event, facts }: Line): string {
  return JSON.stringify({ time: new Date().toISOString(), level, event, ...facts })
}

/** `14:05:09  PUT /hello 201, alice`; an error has its level in front. */
function formatText({ level, event, facts }: Line): string {
  const time = new Date().toTimeString().slice(0, 8)
  const text = event === 'access' ? accessText(facts) : eventText(event, facts)
  return `${time}  ${level === 'error' ? 'ERROR ' : ''}${text}`
}

function accessText({ method, path, status, account, code }: Facts): string {
  const request = [method, path, status].map(plain).join(' ')
  return [request, ...[account, code].filter((fact) => fact !== undefined).map(plain)].join(', ')
}

function eventText(event: string, facts: Facts): string {
  const words = Object.entries(facts).flatMap(([name, value]) => {
    if (value === undefined) return []
    return [`${name} ${plain(value)}`]
  })
  const [first = '', ...rest] = event.replaceAll('_', ' ')
  const text = first.toUpperCase() + rest.join('')
  return words.length === 0 ? text : `${text}: ${words.join(', ')}`
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
