// The command's end of a verification: starts the thread, shows its progress, waits for its report.
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { VerifyReport } from '@stele/audit/report'
import { errorFromText, SteleError } from '@stele/errors'
import { findOverdue } from './call-clock.ts'
import { maxForeignTable, overdueCheckMs, threadLimits } from './limits.ts'
import type { VerifyData, VerifyNews } from './messages.ts'
import type { ProgressLine } from './progress.ts'

/** Where a verification runs, and who watches it. */
export type ThreadOptions = {
  /** The module that runs the thread. */
  readonly main: URL
  readonly stop: AbortSignal
  readonly progress: ProgressLine
}

/** The report, and the files that were saved as evidence. Throws what verifyService() does, `verify_stopped`, `verify_impossible`. */
export async function verifyInThread(
  data: VerifyData,
  { main, stop, progress }: ThreadOptions,
): Promise<{ readonly report: VerifyReport; readonly saved: readonly string[] }> {
  progress.ask(data.url)
  if (data.engines.length > 0) boundTables()
  const worker = new Worker(main, {
    workerData: { role: 'verify', data },
    resourceLimits: threadLimits,
  })
  let watch: NodeJS.Timeout | undefined
  try {
    return await new Promise((resolve, reject) => {
      const end = (): void => reject(new SteleError('verify_stopped', { url: data.url }))
      if (stop.aborted) end()
      stop.addEventListener('abort', end, { once: true })
      watch = setInterval(() => {
        const overdue = callTooLong(data)
        if (overdue !== undefined) reject(overdue)
      }, overdueCheckMs)
      worker.on('error', (error) => reject(outOfMemory(error, data.url) ?? error))
      worker.on('exit', () => reject(new Error('The verification ended without a report')))
      worker.on('message', (news: VerifyNews) => {
        if (news.say === 'progress') progress.show(news.event)
        else if (news.say === 'report') resolve({ report: news.report, saved: news.saved })
        else reject(errorFromText(news.error))
      })
    })
  } finally {
    clearInterval(watch)
    progress.clear()
    await worker.terminate()
  }
}

/** A table lies outside of the memory that an interpreter is given, and C compilers declare no end of it: V8 has one. */
function boundTables(): void {
  setFlagsFromString(`--wasm-max-table-size=${maxForeignTable}`)
}

/** A faster machine might be done by then, so that this says nothing about the log either. */
function callTooLong({ url, calls, callTimeoutMs }: VerifyData): SteleError | undefined {
  const entry = findOverdue(calls, callTimeoutMs)
  if (entry === undefined) return undefined
  const reason = `entry ${entry} ran longer than ${callTimeoutMs / 1000} seconds (--call-timeout allows more)`
  return new SteleError('verify_impossible', { url, reason })
}

/** A machine that lacks memory says nothing about the log. */
function outOfMemory(error: unknown, url: string): SteleError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const isMemory = code === 'ERR_WORKER_OUT_OF_MEMORY' || error instanceof RangeError
  if (!isMemory) return undefined
  const reason = 'it took more memory than there is'
  return new SteleError('verify_impossible', { url, reason }, { cause: error })
}
