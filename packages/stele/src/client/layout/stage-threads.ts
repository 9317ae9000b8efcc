// Packages of a project made by several threads: most of the work is the system's, which gives files their further names.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import {
  awaitStaged,
  createStageCounts,
  type Stage,
  type StageJob,
  stageHere,
  stageShared,
} from '@stele/install/stage'
import { maxThreads, minSharedPackages, stagePatienceMs } from '../limits.ts'

/** What a thread begins with. */
type StageThreadData = { readonly jobs: readonly StageJob[]; readonly counts: Int32Array }

/** Makes packages in as many threads as there are processors, this one among them. `main` is the module that runs this process. */
export function stageInThreads(main: URL): Stage {
  return (jobs) => {
    const threads = Math.min(availableParallelism(), maxThreads)
    if (threads < 2 || jobs.length < minSharedPackages) return stageHere(jobs)
    const data: StageThreadData = { jobs, counts: createStageCounts() }
    const workers = Array.from(
      { length: threads - 1 },
      () => new Worker(main, { workerData: { role: 'stage', data } }),
    )
    for (const worker of workers) worker.on('error', () => {}) // What it has not taken, others make.
    try {
      stageShared(jobs, data.counts)
      return awaitStaged(jobs, data.counts, stagePatienceMs)
    } finally {
      for (const worker of workers) void worker.terminate()
    }
  }
}
