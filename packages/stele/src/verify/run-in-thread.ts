// The command's end of a verification: starts the thread, shows its progress, waits for its report.
import { Worker } from 'node:worker_threads'
import type { VerifyReport } from '@stele/audit'
import { errorFromText, SteleError } from '@stele/errors'
import type { VerifyData, VerifyNews } from './messages.ts'
import type { ProgressLine } from './progress.ts'

/** A native stack that the script's own limit always reaches first. */
const stackSizeMb = 32

/** Where a verification runs, and who watches it. */
export type ThreadOptions = {
  /** The module that runs the thread. */
  readonly main: URL
  readonly stop: AbortSignal
  readonly progress: ProgressLine
}

/** The report. Throws what verifyRegistry() does, and `verify_stopped`. */
export async function verifyInThread(
  data: VerifyData,
  { main, stop, progress }: ThreadOptions,
): Promise<VerifyReport> {
  const worker = new Worker(main, {
    workerData: { role: 'verify', data },
    resourceLimits: { stackSizeMb },
  })
  try {
    return await new Promise<VerifyReport>((resolve, reject) => {
      const end = (): void => reject(new SteleError('verify_stopped', { url: data.url }))
      if (stop.aborted) end()
      stop.addEventListener('abort', end, { once: true })
      worker.on('error', reject)
      worker.on('exit', () => reject(new Error('The verification ended without a report')))
      worker.on('message', (news: VerifyNews) => {
        if (news.say === 'progress') progress.show(news.event)
        else if (news.say === 'report') resolve(news.report)
        else reject(errorFromText(news.error))
      })
    })
  } finally {
    progress.clear()
    await worker.terminate()
  }
}
