// Errors of the log, its entries and its sequencer.
import type { Catalogue } from './entry.ts'

export type LogDetails = {
  entry_invalid: { readonly what: string; readonly reason: string }
  call_malformed: { readonly member: string; readonly reason: string }
  call_unauthorized: { readonly account: string | null; readonly reason: string }
  commit_failed: { readonly reason: string }
  /** `unit`: what is counted of the calls that wait, they themselves or what their oracles ask and are answered. */
  log_busy: {
    readonly waiting: number
    readonly limit: number
    readonly unit: 'calls' | 'characters'
  }
  log_inconsistent: { readonly origin: string; readonly reason: string }
  log_read_only: { readonly reason: string }
  log_closed: { readonly origin: string }
  /** `hash`: hex SHA-256 of the value. */
  value_withheld: { readonly object: string; readonly field: string; readonly hash: string }
  takedown_refused: { readonly what: string; readonly reason: string }
  root_key_missing: { readonly origin: string }
  outcome_unknown: { readonly method: string; readonly reason: string }
}

export const logErrors: Catalogue<LogDetails> = {
  entry_invalid: { status: 400, message: (d) => `Cannot read the ${d.what}: ${d.reason}` },
  call_malformed: { status: 400, message: (d) => `Cannot take the call: ${d.member} ${d.reason}` },
  call_unauthorized: {
    status: 403,
    message: (d) => `Cannot take the call of "${d.account ?? 'anonymous'}": ${d.reason}`,
  },
  commit_failed: {
    status: 503,
    message: (d) => `Cannot commit: ${d.reason}; nothing was changed`,
    fix: () => 'Try again; if it stays so, the operator finds the cause in the server log',
  },
  log_busy: {
    status: 503,
    message: (d) => {
      const found =
        d.unit === 'calls'
          ? `${d.waiting} calls wait already`
          : `the answers that waiting calls hold have ${d.waiting} characters`
      return `Cannot queue the call: ${found}, the limit is ${d.limit}`
    },
    fix: () => 'Try again in a moment',
  },
  log_inconsistent: {
    status: 503,
    message: (d) => `Cannot go on with the log "${d.origin}": ${d.reason}`,
    fix: () =>
      'Writes stay refused until that is mended. Put back the newest stele.db that there is, unless the reason says that a file is damaged: going on from an older copy would begin a second history. Where none is left, keep this folder to read from, and begin a new log in another one',
  },
  log_read_only: {
    status: 503,
    message: (d) => `Cannot write: the log takes no calls, ${d.reason}`,
  },
  value_withheld: {
    status: 451,
    message: (d) => `Cannot read "${d.object}" "${d.field}": a takedown withholds it`,
  },
  takedown_refused: {
    status: 400,
    message: (d) => `Cannot take down ${d.what}: ${d.reason}`,
    fix: () => 'Nothing was deleted',
  },
  root_key_missing: {
    status: 409,
    message: (d) => `Cannot sign for the log "${d.origin}": its root key is not in the data folder`,
    fix: () => 'Put keys/root.key back into the data folder, and try again',
  },
  outcome_unknown: {
    status: 503,
    message: (d) =>
      `Cannot tell what became of the call "${d.method}": ${d.reason}; it may be in the log`,
    fix: () => 'Look in the log whether it took effect before you send it again',
  },
  log_closed: { status: 503, message: (d) => `Cannot write: the log "${d.origin}" is closing` },
}
