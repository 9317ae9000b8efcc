// What runs a script of somebody's log: only engines that this release ships, or that the user has allowed, under limits near the
// defaults. They bound what a script counts, not its time, since native work is not counted: whoever started the thread ends a
// call that runs too long.
import { hash } from 'node:crypto'
import type { ReplayExecutor, VerifyPorts } from '@stele/audit'
import { SteleError } from '@stele/errors'
import { defaultLimits, findEngine, loadEngine } from '@stele/host'
import { checkForeignEngine, guardCalls, startEngine } from './foreign-engine.ts'
import { maxLimitFactor } from './limits.ts'

/** Throws `verify_impossible`, `engine_unknown`, `script_invalid`, `limits_invalid`. */
export function openExecutor(
  { script, engine, limits, blobs }: Parameters<VerifyPorts['createExecutor']>[0],
  { engines, url }: { readonly engines: readonly string[]; readonly url: string },
): ReplayExecutor {
  const tooMuch = Object.entries(defaultLimits).find(
    ([name, own]) => (limits[name] ?? 0) > own * maxLimitFactor,
  )
  if (tooMuch !== undefined) {
    const [name, own] = tooMuch
    const reason = `its log allows a call ${limits[name]} of "${name}", and this version of Stele replays up to ${own * maxLimitFactor}`
    throw new SteleError('verify_impossible', { url, reason })
  }
  const name = hash('sha512', engine)
  const isForeign = findEngine(name) === undefined
  if (isForeign && engines.includes(name)) checkForeignEngine({ name, blob: engine }, blobs)
  const loaded = loadEngine(engine, blobs, { allowed: engines })
  const settings = { script: Buffer.from(script).toString(), limits }
  const executor = startEngine(url, () =>
    loaded.createExecutor(settings, { print: () => undefined, blobs }),
  )
  const { memory, ...guarded } = isForeign ? guardCalls(executor) : executor
  return memory === undefined ? guarded : { ...guarded, memory, memoryDigest: memory.digest }
}
