// A service to test logs with: its "script" is a few methods written here, so that no script host is needed.
import { hash } from 'node:crypto'
import type { Executor, Outcome, ScriptCall, StateReader, Write } from '@stele/entries/calls'
import { compareWrites } from '@stele/entries/parts'
import type { JsonValue } from '@stele/formats/json'

/** What the notes script is made of. `script` is any text; the method `script` answers with it. */
export type NotesOptions = {
  readonly script: Uint8Array
  readonly blobs: (name: string) => Uint8Array | undefined
}
/** The notes script, with the digest of its one counter. */
export type NotesExecutor = Executor & { readonly memoryDigest: () => string }

/**
 * An executor with the methods `put([[object, field, text | null], …])`, `copy(object, field, toObject, toField)`,
 * `list(object)`, `blob(name)`, `script()`, `count()` (counts its own calls, in memory) and `fail(message)`.
 */
export function createNotesExecutor({ script, blobs }: NotesOptions): NotesExecutor {
  let counter = 0
  const methods: Readonly<Record<string, (args: readonly string[], state: StateReader) => Done>> = {
    copy([object = '', field = '', toObject = '', toField = ''], state) {
      const value = state.get(object, field) ?? null
      return { writes: [{ object: toObject, field: toField, value }] }
    },
    list: ([object = ''], state) => ({ result: [...state.list(object)] }),
    blob: ([name = '']) => ({ result: blobs(name)?.length ?? 'absent' }),
    script: () => ({ result: Buffer.from(script).toString() }),
    count: () => ({ result: ++counter }),
    fail([message = '']) {
      throw new NotesError(message)
    },
  }
  const run = (call: ScriptCall, state: StateReader): Outcome => {
    const args: unknown = JSON.parse(call.args)
    if (!Array.isArray(args)) throw new Error('Arguments are a list')
    try {
      if (call.method === 'put') return outcomeOf({ writes: args.map(toWrite) }, state)
      const method = methods[call.method]
      if (method === undefined) throw new NotesError(`no method "${call.method}"`)
      return outcomeOf(method(args.map(String), state), state)
    } catch (error) {
      if (!(error instanceof NotesError)) throw error
      return { ok: false, error: { name: 'refused', message: error.message } }
    }
  }
  return {
    init: (_call, state) => outcomeOf({ writes: [toWrite(['/', 'made', 'by init'])] }, state),
    call: run,
    memoryDigest: () => hash('sha256', String(counter)),
  }
}

type Done = { readonly writes?: readonly Write[]; readonly result?: JsonValue }

class NotesError extends Error {}

function toWrite(row: unknown): Write {
  if (!Array.isArray(row)) throw new NotesError('a row is a list')
  const [object, field, text]: readonly unknown[] = row
  const value = typeof text === 'string' ? Buffer.from(text) : null
  return { object: String(object), field: String(field), value }
}

function outcomeOf({ writes = [], result }: Done, state: StateReader): Outcome {
  const net = writes.filter(({ object, field, value }) => {
    const before = state.get(object, field)
    if (value === null) return before !== undefined
    return before === undefined || Buffer.compare(before, value) !== 0
  })
  return {
    ok: true,
    ...(result === undefined ? {} : { result }),
    changes: writes.length,
    writes: net.toSorted(compareWrites),
  }
}
