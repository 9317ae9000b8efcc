// Starts the workers that threads run in: when a thread needs one, or before anything is known of its services.
import { Worker } from 'node:worker_threads'
import { maxYoungGenerationSizeMb, stackSizeMb } from './limits.ts'
import { pulseBytes, type ThreadData } from './messages.ts'

type Pulse = BigInt64Array<SharedArrayBuffer>

/** A worker that loads its modules while the process is still finding out what to open. */
export type EarlyWorker = { readonly worker: Worker; readonly pulse: Pulse }

/** Starts the worker for the first thread of this process. It ends with the process if no thread takes it over. */
export function startEarlyWorker(main: URL): EarlyWorker {
  const pulse = createPulse()
  const worker = startWorker(main, pulse)
  worker.unref()
  return { worker, pulse }
}

export function createPulse(): Pulse {
  return new BigInt64Array(new SharedArrayBuffer(pulseBytes))
}

/** `main` is the module that it runs, with `workerData` `{role: 'services', data}`. */
export function startWorker(main: URL, pulse: Pulse): Worker {
  const data: ThreadData = { pulse: pulse.buffer }
  return new Worker(main, {
    workerData: { role: 'services', data },
    resourceLimits: { stackSizeMb, maxYoungGenerationSizeMb },
  })
}
