// The server's end of the thread that scans.
import { Worker } from 'node:worker_threads'
import type { ScanNews } from '@stele/scanner'
import { scanRestartMs } from './limits.ts'
import type { ScanAnswer, ScanMessage, ScanningData } from './messages.ts'

/** A thread that scans. */
export type ScanThread = {
  readonly again: (scanner: string, spec: string) => void
  readonly end: () => Promise<void>
}

/** Starts it, and starts it anew when it ends by itself. `take` resolves with whether the news was taken. */
export function startScanThread(
  main: URL,
  data: ScanningData,
  {
    take,
    onFailed,
  }: {
    readonly take: (news: ScanNews) => Promise<boolean>
    readonly onFailed: (reason: string) => void
  },
): ScanThread {
  let isEnded = false
  let timer: NodeJS.Timeout | undefined
  let worker: Worker | undefined

  async function takeSafely(news: ScanNews): Promise<boolean> {
    try {
      return await take(news)
    } catch (error) {
      onFailed(error instanceof Error ? error.message : String(error))
      return false
    }
  }

  function start(): void {
    const started = new Worker(main, { workerData: { role: 'scan', data } })
    worker = started
    started.unref() // A server that ends does not wait for it.
    started.on('message', ({ id, news }: ScanMessage) => {
      void takeSafely(news).then((isTaken) => tell(started, { id, isTaken }))
    })
    started.on('error', (error) => onFailed(error instanceof Error ? error.message : String(error)))
    started.on('exit', () => {
      if (worker === started) worker = undefined
      if (isEnded) return
      timer = setTimeout(start, scanRestartMs)
      timer.unref()
    })
  }

  start()
  return {
    again: (scanner, spec) => {
      if (worker !== undefined) tell(worker, { again: { scanner, spec } })
    },
    end: async () => {
      isEnded = true
      clearTimeout(timer)
      await worker?.terminate()
    },
  }
}

function tell(worker: Worker, answer: ScanAnswer): void {
  worker.postMessage(answer)
}
