// Runs a service's script without the real host: plain JavaScript over an in-memory state. Not deterministic, not safe:
// for tests of scripts that keep nothing between calls.
import { hash } from 'node:crypto'

/** Object to field to value: a whole state. */
export type ScriptState = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>

/** One changed field; `null` removes it. */
export type ScriptWrite = {
  readonly object: string
  readonly field: string
  readonly value: Uint8Array | null
}

/** A call as the host gets it; `args` is a JSON array as text. */
export type FakeCall = {
  readonly method: string
  readonly args: string
  readonly account: string | null
  readonly timeMs?: number
  /** How the caller was recognised; by a token when absent. */
  readonly via?: string
  /** The blobs that the call finds. */
  readonly blobs?: (name: string) => Uint8Array | undefined
}

/** What became of a call, in the shape of an Executor's outcome. */
export type FakeOutcome =
  | {
      readonly ok: true
      readonly result?: unknown
      readonly changes: number
      readonly writes: readonly ScriptWrite[]
    }
  | { readonly ok: false; readonly error: { readonly name: string; readonly message: string } }

/** A script and the state that its calls change. */
export type ScriptSystem = {
  /** Runs `init` or a method, and keeps its writes when it succeeds. */
  readonly call: (call: FakeCall) => FakeOutcome
  /** The state's reader, as the host's port has it. */
  readonly state: {
    readonly get: (object: string, field: string) => Uint8Array | undefined
    readonly list: (object: string) => readonly string[]
  }
  /** Every field as text, `object field` to value, for comparisons. */
  readonly dump: () => Readonly<Record<string, string>>
}

type Fields = Map<string, Uint8Array>
type Method = (...args: readonly unknown[]) => unknown

/** A system over a CommonJS script's text. The script is loaded anew for each call, as a host with a fresh memory does. */
export function createScriptSystem(script: string): ScriptSystem {
  const objects = new Map<string, Fields>()

  function call(asked: FakeCall): FakeOutcome {
    const { method, args } = asked
    const session = openSession(objects)
    const parsed: unknown = JSON.parse(args)
    try {
      const exported = load(script, systemOf(session, asked))
      const run = exported[method]
      if (typeof run !== 'function') throw new Error(`The script has no method "${method}"`)
      const result = run(...(Array.isArray(parsed) ? parsed : []))
      const writes = session.writes()
      for (const write of writes) apply(objects, write)
      return {
        ok: true,
        ...(result === undefined ? {} : { result }),
        changes: session.changes(),
        writes,
      }
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      return { ok: false, error: { name, message } }
    }
  }

  return {
    call,
    state: {
      get: (object, field) => objects.get(object)?.get(field),
      list: (object) => [...(objects.get(object)?.keys() ?? [])].sort(compareBytes),
    },
    dump: () => dump(objects),
  }
}

function load(script: string, system: unknown): Record<string, Method | undefined> {
  const module = { exports: {} }
  // oxlint-disable-next-line typescript/no-implied-eval -- To run a script is what this fake is for.
  new Function('exports', 'module', 'System', `'use strict';${script}`)(
    module.exports,
    module,
    system,
  )
  return module.exports
}

type Session = {
  readonly get: (object: string, field: string) => Uint8Array | undefined
  readonly fields: (object: string) => readonly string[]
  readonly set: (object: string, field: string, value: Uint8Array | null) => void
  readonly changes: () => number
  readonly writes: () => readonly ScriptWrite[]
}

function openSession(objects: ReadonlyMap<string, Fields>): Session {
  const changed = new Map<string, Map<string, Uint8Array | null>>()
  let changes = 0
  const before = (object: string, field: string): Uint8Array | undefined =>
    objects.get(object)?.get(field)
  const get = (object: string, field: string): Uint8Array | undefined => {
    const now = changed.get(object)?.get(field)
    return now === undefined ? before(object, field) : (now ?? undefined)
  }
  return {
    get,
    fields(object) {
      const all = new Set([
        ...(objects.get(object)?.keys() ?? []),
        ...(changed.get(object)?.keys() ?? []),
      ])
      return [...all].filter((field) => get(object, field) !== undefined).sort(compareBytes)
    },
    set(object, field, value) {
      const fields = changed.get(object) ?? new Map<string, Uint8Array | null>()
      changed.set(object, fields.set(field, value))
      changes += 1
    },
    changes: () => changes,
    writes() {
      const all = [...changed].flatMap(([object, fields]) =>
        [...fields].map(([field, value]) => ({ object, field, value })),
      )
      return all
        .filter(({ object, field, value }) => !isSame(before(object, field) ?? null, value))
        .sort((a, b) => compareBytes(a.object, b.object) || compareBytes(a.field, b.field))
    },
  }
}

function systemOf(
  session: Session,
  { account, via = 'token', timeMs = 0, blobs }: FakeCall,
): unknown {
  const isFolder = (path: string): boolean => {
    const { object, field } = placeOf(path)
    return path === '/' || session.get(object, `${field}/`) !== undefined
  }
  const existsSync = (path: string): boolean => {
    const { object, field } = placeOf(path)
    return isFolder(path) || session.get(object, field) !== undefined
  }
  const valueOf = (path: string): Uint8Array => {
    const { object, field } = placeOf(path)
    const value = session.get(object, field)
    if (value === undefined) throw failed('read', path, 'there is no such file')
    return value
  }
  return {
    caller: { id: account ?? undefined, via },
    time: timeMs,
    hash: (algorithm: string, text: string) => hash(algorithm, text),
    blobs: {
      read(name: string) {
        const bytes = blobs?.(name)
        if (bytes === undefined) throw failed('read the blob', name, 'it is not here')
        return Buffer.from(bytes).toString('utf8')
      },
    },
    files: {
      existsSync,
      readFileSync: (path: string) => Buffer.from(valueOf(path)).toString('utf8'),
      readdirSync(path: string) {
        if (!isFolder(path)) throw failed('list', path, 'there is no such folder')
        return session.fields(path).map((field) => field.replace(/\/$/, ''))
      },
      writeFileSync(path: string, text: string) {
        const { object, field } = placeOf(path)
        if (!isFolder(object)) throw failed('write', path, 'its folder is missing')
        if (isFolder(path)) throw failed('write', path, 'it is a folder')
        session.set(object, field, Buffer.from(text))
      },
      mkdirSync(path: string) {
        const { object, field } = placeOf(path)
        if (!isFolder(object)) throw failed('make', path, 'its parent is missing')
        if (existsSync(path)) throw failed('make', path, 'it exists')
        session.set(object, `${field}/`, new Uint8Array())
      },
      unlinkSync(path: string) {
        valueOf(path)
        const { object, field } = placeOf(path)
        session.set(object, field, null)
      },
    },
  }
}

function placeOf(path: string): { readonly object: string; readonly field: string } {
  if (path !== '/' && /^[^/]|\/\.{0,2}(?:\/|$)/.test(path))
    throw failed('use', path, 'it is no path')
  const slash = path.lastIndexOf('/')
  return { object: slash === 0 ? '/' : path.slice(0, slash), field: path.slice(slash + 1) }
}

function apply(objects: Map<string, Fields>, { object, field, value }: ScriptWrite): void {
  const fields = objects.get(object) ?? new Map<string, Uint8Array>()
  objects.set(object, fields)
  if (value === null) fields.delete(field)
  else fields.set(field, value)
}

function dump(objects: ScriptState): Readonly<Record<string, string>> {
  const rows = [...objects].flatMap(([object, fields]) =>
    [...fields].map(([field, value]): [string, string] => [
      `${object} ${field}`,
      Buffer.from(value).toString('utf8'),
    ]),
  )
  return Object.fromEntries(rows.sort(([a], [b]) => compareBytes(a, b)))
}

function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function failed(action: string, path: string, reason: string): Error {
  return new Error(`Cannot ${action} "${path}": ${reason}`)
}
