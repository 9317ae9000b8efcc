// A thread that changes the public folder, and this thread's end of it. Started when there is much to change, ended
// when there has been nothing for a while.
import type { MessagePort, Worker } from 'node:worker_threads'
import { folderThreadIdleMs, maxChangesHere, maxChangesHereBytes } from './limits.ts'
import { createPublicFiles, type FolderChange } from './public-files.ts'
import type { ChangeFolder } from './public-folder.ts'

/** Starts the thread: a worker that calls runFolderThread() with this data. */
export type StartFolderWorker = (data: FolderThreadData) => Worker
/** What the thread has to know: where the folder is. */
export type FolderThreadData = { readonly root: string }

type ChangePlan =
  | { readonly put: string; readonly size: number }
  | Exclude<FolderChange, { readonly put: string }>
/** Changes; the bytes of all files one after the other. */
type FolderAsk = { readonly plans: readonly ChangePlan[]; readonly bytes: Uint8Array }
type FolderNews = { readonly failed: string | undefined }

/**
 * Changes the folder at `root`: a few files here, since a thread's start costs more than they do, and more of them in a
 * thread, since each file waits for the disk. Without `start` all of it here. One call at a time.
 */
export function createFolderChanges(
  root: string,
  start?: StartFolderWorker,
  idleMs: number = folderThreadIdleMs,
): ChangeFolder {
  const here = createPublicFiles(root)
  const inThread = start && createFolderThread(root, start, idleMs)
  let owesSync = false // Only the thread knows what it has not made durable yet.
  return async (changes) => {
    const isWhole = endsDurable(changes)
    if (inThread === undefined || (!owesSync && isWhole && isLittle(changes))) {
      here(changes)
      return
    }
    owesSync = true
    await inThread(changes)
    owesSync = !isWhole
  }
}

function endsDurable(changes: readonly FolderChange[]): boolean {
  const last = changes.at(-1)
  return last !== undefined && 'sync' in last
}

function isLittle(changes: readonly FolderChange[]): boolean {
  const bytes = changes.reduce((sum, one) => sum + ('put' in one ? one.bytes.length : 0), 0)
  return changes.length <= maxChangesHere && bytes <= maxChangesHereBytes
}

/** Changes the folder at `root` in a thread. One call at a time. */
function createFolderThread(root: string, start: StartFolderWorker, idleMs: number): ChangeFolder {
  let worker: Worker | undefined
  let idle: NodeJS.Timeout | undefined
  const drop = (ended: Worker): void => {
    if (worker === ended) worker = undefined
  }
  const open = (): Worker => {
    const opened = start({ root })
    opened.unref() // A process that ends does not wait for it.
    opened.once('exit', () => drop(opened)).once('error', () => drop(opened))
    return opened
  }
  return async (changes) => {
    clearTimeout(idle)
    worker ??= open()
    const busy = worker
    await changeIn(busy, changes)
    if (!endsDurable(changes)) return // Whoever comes next would not know what is left to be made durable.
    idle = setTimeout(() => {
      drop(busy)
      void busy.terminate()
    }, idleMs)
    idle.unref()
  }
}

function changeIn(worker: Worker, changes: readonly FolderChange[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      act()
    }
    const onMessage = ({ failed }: FolderNews): void =>
      settle(() => (failed === undefined ? resolve() : reject(new Error(failed))))
    const onError = (error: unknown): void =>
      settle(() => reject(new Error('The thread of the public folder failed', { cause: error })))
    const onExit = (): void =>
      settle(() => reject(new Error('The thread of the public folder ended')))
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    const ask = packChanges(changes)
    worker.postMessage(ask, [ask.bytes.buffer])
  })
}

function packChanges(changes: readonly FolderChange[]): FolderAsk & {
  readonly bytes: Uint8Array<ArrayBuffer>
} {
  const files = changes.flatMap((change) => ('put' in change ? [change.bytes] : []))
  const bytes = new Uint8Array(files.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const file of files) {
    bytes.set(file, at)
    at += file.length
  }
  const plans = changes.map((change) =>
    'put' in change ? { put: change.put, size: change.bytes.length } : change,
  )
  return { plans, bytes }
}

/** The thread's side: makes what changes it is asked for. */
export function runFolderThread(port: MessagePort, { root }: FolderThreadData): void {
  const apply = createPublicFiles(root)
  port.on('message', (ask: FolderAsk) => {
    let failed: string | undefined
    try {
      apply(unpackChanges(ask))
    } catch (error) {
      failed = error instanceof Error ? error.message : String(error)
    }
    const { buffer } = ask.bytes
    if (buffer instanceof ArrayBuffer) buffer.transfer(0) // At once, and not when somebody looks for garbage.
    port.postMessage({ failed } satisfies FolderNews)
  })
}

function unpackChanges({ plans, bytes }: FolderAsk): readonly FolderChange[] {
  let at = 0
  return plans.map((plan): FolderChange => {
    if (!('put' in plan)) return plan
    at += plan.size
    return { put: plan.put, bytes: bytes.subarray(at - plan.size, at) }
  })
}
