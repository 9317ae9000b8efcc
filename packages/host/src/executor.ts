// Makes what runs a log's calls from the settings that the log names: recording and replaying begin here alike.
import type { Executor } from '@stele/entries'
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats'
import { engines } from './engine.ts'
import { parseLimits } from './limits.ts'
import { createScriptHost, type ScriptHostOptions } from './script-host.ts'

/** What a genesis or config entry names: the engine by its blob's name, the script's text, the limits as JSON. */
export type ExecutorSettings = {
  readonly engine: string
  readonly script: string
  readonly limits: JsonValue
}

/**
 * The executor of these settings, with a memory where the engine keeps one.
 * Throws engine_unknown, script_invalid, limits_invalid.
 */
export function createExecutor(
  { engine: name, script, limits }: ExecutorSettings,
  ports: Pick<ScriptHostOptions, 'print' | 'blobs'>,
): Executor {
  const known = Object.values(engines)
  const engine = known.find((one) => one.name === name)
  if (engine === undefined) {
    throw new SteleError('engine_unknown', { engine: name, known: known.map((one) => one.name) })
  }
  const stateless = engine.memory === 'fresh'
  const host = createScriptHost({ script, limits: parseLimits(limits), stateless, ...ports })
  const { init, call, memoryDigest: digest, snapshot, restore } = host
  return stateless ? { init, call } : { init, call, memory: { digest, snapshot, restore } }
}
