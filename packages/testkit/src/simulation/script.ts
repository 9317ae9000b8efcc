// The script of a simulated service: a few methods in plain JavaScript, with or without a memory.
import { hash } from 'node:crypto'
import type { Executor, Outcome, ScriptCall, StateReader } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import type { OpenScript } from '@stele/service'

/** The methods that a call may name. */
export const methods = [
  'set',
  'append',
  'remove',
  'long',
  'fail',
  'abort',
  'count',
  'which',
  'read',
] as const

/** Those that read the blob that their second argument names. */
export const readingMethods: readonly string[] = ['read', 'readAndFail']

/** The text of a script: all that its version changes is what `which` answers. */
export function scriptText(version: number): string {
  return `simulated ${version}`
}

/** The script, as the service opens it; `kept`: it counts its calls in a memory. `hang` is what a call does that never ends. */
export function createSimulatedScript(memory: 'fresh' | 'kept', hang: () => never): OpenScript {
  return ({ script }, { readBlob, watched }) => {
    const text = Buffer.from(readBlob(script) ?? '').toString()
    let calls = 0
    const call = (one: ScriptCall, state: StateReader): Outcome => {
      const before = calls
      calls++
      try {
        return watched(() => run(one, state, { readBlob, calls, text, hang }))
      } catch (error) {
        calls = before // What was aborted leaves no trace.
        throw error
      }
    }
    const executor: Executor = { init: () => ({ ok: true, changes: 0, writes: [] }), call }
    if (memory === 'fresh') return executor
    const snapshot = (): Uint8Array => Buffer.from(String(calls))
    return {
      ...executor,
      memory: {
        digest: () => hash('sha256', snapshot()),
        snapshot,
        restore: (bytes) => {
          calls = Number(Buffer.from(bytes).toString())
        },
      },
    }
  }
}

type Surroundings = {
  readonly readBlob: (name: string) => Uint8Array | undefined
  readonly calls: number
  readonly text: string
  readonly hang: () => never
}

function run(call: ScriptCall, state: StateReader, surroundings: Surroundings): Outcome {
  const { readBlob, calls } = surroundings
  const [field = '', text = '']: string[] = JSON.parse(call.args)
  switch (call.method) {
    case 'set':
      return wrote(field, Buffer.from(text))
    case 'append':
      return wrote(
        field,
        Buffer.concat([state.get('/', field) ?? Buffer.alloc(0), Buffer.from(text)]),
      )
    case 'long': // Over what lies in the log itself: it goes to a blob.
      return wrote(field, Buffer.alloc(20_000, text))
    case 'remove':
      if (!state.list('/').includes(field))
        return { ok: false, error: { name: 'Error', message: 'not there' } }
      return { ok: true, changes: 1, writes: [{ object: '/', field, value: null }] }
    case 'fail':
      return { ok: false, error: { name: 'Error', message: text } }
    case 'abort':
      throw new SteleError('call_aborted', { method: 'abort', reason: 'it took too long' })
    case 'count':
      return { ok: true, changes: 0, result: calls, writes: [] }
    case 'which':
      return { ok: true, changes: 0, result: surroundings.text, writes: [] }
    case 'hang':
      return surroundings.hang()
    default: {
      const bytes = call.blobs?.(text) ?? readBlob(text)
      if (bytes === undefined) {
        throw new SteleError('call_aborted', { method: 'read', reason: 'the blob is absent' })
      }
      if (call.method === 'read') return { ok: true, changes: 0, result: bytes.length, writes: [] }
      return { ok: false, error: { name: 'Error', message: `${bytes.length} bytes` } }
    }
  }
}

function wrote(field: string, value: Uint8Array): Outcome {
  const writes = [{ object: '/', field, value }]
  return { ok: true, changes: 1, result: value.length, writes }
}
