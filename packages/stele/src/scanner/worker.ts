// A thread that looks at folders and archives: hashing and unpacking hold nobody up there.
import type { MessagePort } from 'node:worker_threads'
import { startScanning } from '@stele/scanner'
import type { ScanAnswer, ScanMessage, ScanningData } from './messages.ts'

/** Scans until the thread is ended. */
export function runScanning(port: MessagePort, data: ScanningData): void {
  const waiting = new Map<number, (isTaken: boolean) => void>()
  let count = 0
  const scanning = startScanning({
    ...data,
    now: Date.now,
    tell: (news) =>
      new Promise((resolve, reject) => {
        count += 1
        waiting.set(count, (isTaken) => {
          if (isTaken) resolve()
          else reject(new Error('What was found could not be logged; it is tried again'))
        })
        const message: ScanMessage = { id: count, news }
        port.postMessage(message)
      }),
  })
  port.on('message', (answer: ScanAnswer) => {
    if ('again' in answer) {
      scanning.again(answer.again.scanner, answer.again.spec)
      return
    }
    waiting.get(answer.id)?.(answer.isTaken)
    waiting.delete(answer.id)
  })
}
