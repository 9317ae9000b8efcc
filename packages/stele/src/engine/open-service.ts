// Opens a service of this server in the thread that services run in, over its home on this disk.
import { createHmac, randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { rulesScript } from '@stele/registry'
import { openService, type ServiceDefinition, type Timers } from '@stele/service'
import type { OpenInThread } from '@stele/service/thread'
import { openRegistryHome } from '../server/registry-home.ts'
import type { ServiceData } from './data.ts'

/** The registry: a script that keeps nothing between calls. */
const registry: ServiceDefinition = { script: rulesScript, memory: 'fresh' }

/** Opens the service that `data`, a `ServiceData`, describes. */
export const openInThread: OpenInThread = (_name, data, watch) => {
  const { paths, identity, publicFolder } = data as ServiceData
  return openService({
    definition: registry,
    identity,
    home: openRegistryHome({ paths, publicFolder, sealKey: sealKeyOf(identity.seeds.log) }),
    timers,
    nowMs: Date.now,
    random: (sizeBytes) => randomBytes(sizeBytes),
    breathe: () => nextTurn(),
    ...watch,
  })
}

/** The key of what only this server may have written: derived, so that it is no more than another use of the log's. */
function sealKeyOf(seed: Uint8Array): Uint8Array {
  return createHmac('sha256', seed).update('stele trie snapshot').digest()
}

/** The process's own. */
const timers: Timers = {
  after: (delayMs, work) => {
    const timer = setTimeout(work, delayMs)
    return () => clearTimeout(timer)
  },
  every: (periodMs, work) => {
    const timer = setInterval(work, periodMs)
    return () => clearInterval(timer)
  },
}
