// Opens the services of this server in the thread that services run in, over its home on this disk.
import { createHmac, randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { rulesScript } from '@stele/registry'
import {
  openScript,
  openService,
  type ServiceDefinition,
  type ServiceHome,
  type Timers,
} from '@stele/service'
import type { OpenInThread } from '@stele/service/thread'
import type { HomeOptions } from '@stele/storage'
import { openRegistryHome } from '../server/registry-home.ts'
import type { ServiceData } from './data.ts'

/** What a service runs, and where it is kept. */
export type ServiceKind = {
  readonly definition: ServiceDefinition
  readonly openHome: (options: Omit<HomeOptions, 'projections'>) => ServiceHome
}

/** The registry: a script that keeps nothing between calls. */
export const registryKind: ServiceKind = {
  definition: { script: rulesScript, memory: 'fresh' },
  openHome: openRegistryHome,
}

/** Opens services of these kinds, as their `ServiceData` describes them. */
export function createOpener(kinds: { readonly [kind: string]: ServiceKind }): OpenInThread {
  return async (_name, data, watch) => {
    const { kind: kindName, paths, identity, publicFolder } = data as ServiceData
    const kind = kinds[kindName]
    if (kind === undefined) throw new Error(`There is no kind of service "${kindName}"`)
    return openService({
      definition: kind.definition,
      identity,
      home: kind.openHome({ paths, publicFolder, sealKey: sealKeyOf(identity.seeds.log) }),
      timers,
      openScript,
      nowMs: Date.now,
      random: createRandom(),
      breathe: () => nextTurn(),
      ...watch,
    })
  }
}

const poolBytes = 4096

/** Random bytes, fetched from the system for many calls at once; none are given twice. */
function createRandom(): (sizeBytes: number) => Uint8Array {
  let pool = randomBytes(poolBytes)
  let used = 0
  return (sizeBytes) => {
    if (sizeBytes > poolBytes) return randomBytes(sizeBytes)
    if (used + sizeBytes > poolBytes) {
      pool = randomBytes(poolBytes)
      used = 0
    }
    used += sizeBytes
    return pool.subarray(used - sizeBytes, used)
  }
}

/** The key that seals what only this server may have written. Derived from the log's key, so that there is no further secret to keep. */
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
