// A state in memory, and the calls to try on it.
import type { ScriptCall, StateReader, Write } from '@stele/entries/calls'
import { compareUtf8 } from '@stele/formats/names'
import { createScriptHost, type ScriptHost, type ScriptHostOptions } from '../src/index.ts'

export type MemoryState = StateReader & { readonly apply: (writes: readonly Write[]) => void }

/** A state that holds these files; folders on the way are there too. */
export function memoryState(files: Readonly<Record<string, string>> = {}): MemoryState {
  const objects = new Map<string, Map<string, Uint8Array>>()
  const put = ({ object, field, value }: Write): void => {
    const fields = objects.get(object) ?? new Map<string, Uint8Array>()
    objects.set(object, fields)
    if (value === null) fields.delete(field)
    else fields.set(field, value)
  }
  for (const [path, text] of Object.entries(files)) {
    const names = path.split('/').slice(1)
    names.forEach((name, index) => {
      const object = `/${names.slice(0, index).join('/')}`
      const isFile = index === names.length - 1
      put({ object, field: isFile ? name : `${name}/`, value: Buffer.from(isFile ? text : '') })
    })
  }
  return {
    get: (object, field) => objects.get(object)?.get(field),
    list: (object) => [...(objects.get(object)?.keys() ?? [])].sort(compareUtf8),
    apply(writes) {
      for (const write of writes) put(write)
    },
  }
}

/** A call by alice at a fixed time. */
export function callOf(method: string, ...args: unknown[]): ScriptCall {
  return {
    method,
    args: JSON.stringify(args),
    account: 'alice',
    via: 'token',
    timeMs: 1_795_000_000_123,
    seed: new Uint8Array(32).fill(7),
  }
}

/** A host of this script: one that keeps its memory, silent, without blobs, unless told otherwise. */
export function hostOf(script: string, options: Partial<ScriptHostOptions> = {}): ScriptHost {
  return createScriptHost({
    script,
    memory: 'kept',
    print: () => {},
    blobs: () => undefined,
    ...options,
  })
}

const evaluator = `exports.run = (body, args) => (0, eval)('(' + body + ')')(...args)`
let evaluating: ScriptHost | undefined // Of a fresh memory, so that the tests which use it do not see one another.

/** What this function gives when it runs in a script, with these arguments: its result or its error's name. */
export function resultOf(
  body: string,
  args: unknown[] = [],
  state: StateReader = memoryState(),
): unknown {
  evaluating ??= hostOf(evaluator, { memory: 'fresh' })
  const outcome = evaluating.call(callOf('run', body, args), state)
  return outcome.ok ? outcome.result : outcome.error.name
}
