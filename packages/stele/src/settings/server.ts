// The settings of the server itself: its folder, its log, its engine, and what it says of itself.
import { resolve } from 'node:path'
import { isSteleError } from '@stele/errors'
import { parseAccountName } from '@stele/formats/names'
import { choice, duration, kindOf, type Section, text, toggle } from '@stele/settings'

/** What the operator says about the server. */
export type ServerSettings = {
  readonly dir: string
  /** Null: as the log says, and `operator` for a new one. */
  readonly operator: string | null
  readonly origin: string | null
  readonly callTimeoutMs: number
  readonly publicFolder: boolean
  readonly logLevel: 'debug' | 'info' | 'error'
  readonly logFormat: 'auto' | 'text' | 'json'
}

/** Its settings stand at the top of the file. */
export const serverSection: Section<ServerSettings> = {
  name: '',
  fields: {
    dir: {
      summary: 'the data folder',
      kind: kindOf('a path', (found) =>
        typeof found === 'string' && found !== '' ? resolve(found) : undefined,
      ),
      fallback: resolve('data'),
    },
    operator: {
      summary: "the operator's account, fixed when the log is created (default operator)",
      kind: kindOf(
        'an account name: lower-case letters, digits, dot, dash or underscore',
        parseOperator,
      ),
      fallback: null,
    },
    origin: {
      summary:
        "the log's name, fixed when it is created; made from the public address or the key by default",
      kind: text(
        'a name such as registry.example/npm, without scheme',
        /^[\w.-]+(?::\d+)?(?:\/[\w./-]*\w)?$/,
      ),
      fallback: null,
    },
    callTimeoutMs: {
      summary:
        'how long the script may hold the log, in milliseconds, before the engine is started anew',
      kind: duration(100, 3_600_000),
      fallback: 10_000,
    },
    publicFolder: {
      summary: 'whether the log is written to <dir>/public for other servers to serve',
      kind: toggle,
      fallback: true,
    },
    logLevel: {
      summary: 'how much is logged: debug, info or error',
      kind: choice(['debug', 'info', 'error']),
      fallback: 'info',
    },
    logFormat: {
      summary: 'how the log reads: text, json, or auto (text on a terminal, JSON lines elsewhere)',
      kind: choice(['auto', 'text', 'json']),
      fallback: 'auto',
    },
  },
}

function parseOperator(found: unknown): string | undefined {
  try {
    return parseAccountName(String(found))
  } catch (error) {
    if (isSteleError(error, 'account_invalid')) return undefined
    throw error
  }
}
