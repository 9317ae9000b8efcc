// Opens the services of this server in the thread that services run in, over their storage.
import { createHmac, randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { openScript, openService, type Timers } from '@stele/service'
import type { OpenInThread } from '@stele/service/thread'
import { openStorage } from '@stele/storage'
import type { StartFolderWorker } from '@stele/storage/publishing'
import type { ServiceData } from './data.ts'
import type { ServiceKind } from './kind.ts'

/** Opens services of these kinds, as their `ServiceData` describes them. What they need is loaded before any is asked for. */
export function createOpener(
  kinds: readonly Pick<ServiceKind, 'name' | 'definition' | 'projections'>[],
  startFolderWorker?: StartFolderWorker,
): OpenInThread {
  const loading = Promise.all(
    kinds.map(async ({ name, definition, projections }) => {
      return [name, { definition, projections: await projections() }] as const
    }),
  )
  return async (_name, data, watch) => {
    const { kind: kindName, storage, identity, script } = data as ServiceData
    const kind = new Map(await loading).get(kindName)
    if (kind === undefined) throw new Error(`There is no kind of service "${kindName}"`)
    const { definition, projections } = kind
    const sealKey = sealKeyOf(identity.seeds.log)
    return openService({
      definition: script === undefined ? definition : { ...definition, script: () => script },
      identity,
      home: openStorage(storage).openHome({ projections, sealKey, startFolderWorker }),
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
export function sealKeyOf(seed: Uint8Array): Uint8Array {
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
