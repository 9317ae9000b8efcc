// The script of a service as the log's settings name it, run under its host and watched.
import { hash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { loadEngine, refuseRetired } from '@stele/host'
import type { OpenScript } from './ports.ts'

/** Makes what runs the calls of a log with these settings. Throws `script_invalid`, `engine_unknown`, `limits_invalid`. */
export const openScript: OpenScript = (settings, { readBlob, watched, report }) => {
  const script = readBlob(settings.script)
  if (script === undefined)
    throw new SteleError('script_invalid', { reason: 'its blob is missing' })
  // Other rules than the log names would write entries that no replay can repeat.
  if (hash('sha512', script) !== settings.script)
    throw new SteleError('script_invalid', { reason: 'its blob does not hash to its name' })
  refuseRetired(settings.engine)
  const engine = readBlob(settings.engine)
  if (engine === undefined || hash('sha512', engine) !== settings.engine) {
    const reason = 'its blob is missing, or does not hash to its name'
    throw new SteleError('engine_invalid', { engine: settings.engine, reason })
  }
  const executor = loadEngine(engine, readBlob).createExecutor(
    { script: Buffer.from(script).toString(), limits: settings.limits },
    { print: (line) => report({ event: 'script_print', line }), blobs: readBlob },
  )
  return {
    ...executor,
    init: (call, state) => watched(() => executor.init(call, state)),
    call: (call, state) => watched(() => executor.call(call, state)),
  }
}
