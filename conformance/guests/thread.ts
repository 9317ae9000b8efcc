// The thread of a server that keeps a guest list beside its registry.
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { runThread } from '../../packages/service/src/thread/index.ts'
import {
  createOpener,
  registryKind,
  type ServiceKind,
} from '../../packages/stele/src/services/open-service.ts'
import { openServiceHome } from '../../packages/storage/src/index.ts'

/** The guest list keeps its memory between calls, and derives nothing from its log. */
const guests: ServiceKind = {
  definition: {
    script: () => readFileSync(new URL('script.js', import.meta.url), 'utf8'),
    memory: 'kept',
  },
  openHome: (options) => openServiceHome({ ...options, projections: () => [] }),
}

if (parentPort === null) throw new Error('This is the main module of a thread')
runThread(parentPort, workerData.data, createOpener({ registry: registryKind, guests }))
