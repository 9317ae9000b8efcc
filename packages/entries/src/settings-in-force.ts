// What is run, as the state of a log says: the rows that genesis and config entries write.
import { parseLimits } from './body.ts'
import type { Executor, StateReader } from './execution.ts'
import { membersOf } from './members.ts'
import { blobName, logObject, readLogRow } from './settings-rows.ts'

/** What is run. `script` and `engine` are blob names. */
export type ScriptSettings = {
  readonly script: string
  readonly engine: string
  readonly limits: { readonly [name: string]: number }
}

/** The rows of `stele/log` that decide what is run. */
export const scriptSettingNames = ['script', 'engine', 'limits'] as const

/** The settings in force. Throws `entry_invalid` where the state does not say. */
export function settingsInForce(state: StateReader): ScriptSettings {
  const row = (name: string) => readLogRow(state, name) ?? null
  const names = membersOf('settings', { script: row('script'), engine: row('engine') })
  return {
    script: names.text('script', blobName),
    engine: names.text('engine', blobName),
    limits: parseLimits(membersOf('limits', row('limits'))),
  }
}

/** Whether a write changes what is run. */
export function changesScript(write: { readonly object: string; readonly field: string }): boolean {
  return write.object === logObject && scriptSettingNames.some((name) => name === write.field)
}

/** Stands in where nothing may be run: kinds of entry that run no script, logs that are not open. */
export const noScript: Executor = { init: refuseToRun, call: refuseToRun }

function refuseToRun(): never {
  throw new Error('There is no script to run')
}
