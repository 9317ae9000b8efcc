// The thread of a server that keeps a guest list beside its registry.
import { parentPort, workerData } from 'node:worker_threads'
import { runThread } from '../../packages/service/src/thread/index.ts'
import { kinds } from '../../packages/stele/src/services/kinds.ts'
import { createOpener } from '../../packages/stele/src/services/open-in-thread.ts'
import { guestsKind } from './kind.ts'

if (parentPort === null) throw new Error('This is the main module of a thread')
runThread(parentPort, workerData.data, createOpener([...kinds, guestsKind]))
