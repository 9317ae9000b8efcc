// The other threads of a verification: started over the shared state, asked by messages.
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Helper, VerifyPorts } from '@stele/audit'
import { createHelper, type SharedRows } from '@stele/audit/checks'
import { errorFromText, errorToText } from '@stele/errors'
import { threadLimits } from './limits.ts'
import type { HelpAnswer, HelpAsk, HelpData, Place } from './messages.ts'

/** Threads that are running, and how to end them. */
export type Helpers = { readonly helpers: readonly Helper[]; readonly end: () => Promise<void> }

/** Keeps one set of threads at most: starting another, for another state, ends the one before it. */
export function oneSet(): {
  readonly replace: (start: () => Helpers) => Promise<Helpers>
  readonly end: () => Promise<void>
} {
  let running: Helpers | undefined
  const end = async (): Promise<void> => {
    const ended = running
    running = undefined
    await ended?.end()
  }
  const replace = async (start: () => Helpers): Promise<Helpers> => {
    await end()
    running = start()
    return running
  }
  return { replace, end }
}

/** Starts `count` threads. */
export function startHelpers(
  rows: SharedRows,
  { place, count, main }: { readonly place: Place; readonly count: number; readonly main: string },
): Helpers {
  const workers: Worker[] = []
  const helpers = Array.from({ length: count }, (_, position) => {
    const { port1, port2 } = new MessageChannel()
    rows.onSegment((segment) => port1.postMessage(segment)) // Before any row lies in it.
    port1.unref()
    const data: HelpData = {
      ...place,
      role: 'help',
      thread: position + 1,
      memory: rows.memory,
      segments: port2,
    }
    const worker = new Worker(new URL(main), {
      workerData: { role: 'verify', data },
      transferList: [port2],
      resourceLimits: threadLimits,
    })
    workers.push(worker)
    return askThrough(worker)
  })
  const end = async (): Promise<void> =>
    void (await Promise.all(workers.map((worker) => worker.terminate())))
  return { helpers, end }
}

type Waiting = {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

function askThrough(worker: Worker): Helper {
  const waiting = new Map<number, Waiting>()
  let last = 0
  const fail = (error: unknown): void => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('error', fail)
  worker.on('exit', () => fail(new Error('A thread of the verification ended')))
  worker.on('message', (answer: HelpAnswer) => {
    const asked = waiting.get(answer.id)
    waiting.delete(answer.id)
    if ('error' in answer) asked?.reject(errorFromText(answer.error))
    else asked?.resolve(answer.value)
  })
  const ask = <T>(what: Omit<HelpAsk, 'id'>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const id = ++last
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The thread answers each ask with its own value.
      waiting.set(id, { resolve: resolve as Waiting['resolve'], reject })
      worker.postMessage({ id, ...what })
    })
  return { run: (job) => ask({ run: job }), check: (job) => ask({ check: job }) }
}

/** Such a thread: answers until it is ended. */
export function runHelper(
  port: MessagePort,
  { memory, segments }: HelpData,
  ports: Pick<VerifyPorts, 'fetch' | 'createExecutor' | 'watch' | 'checks'>,
): void {
  const fetchMore = (): readonly SharedArrayBuffer[] => {
    const more: SharedArrayBuffer[] = []
    for (let next = receiveMessageOnPort(segments); next; next = receiveMessageOnPort(segments)) {
      more.push(next.message)
    }
    return more
  }
  const helper = createHelper(ports, { memory, fetchMore })
  const answer = async (ask: HelpAsk): Promise<HelpAnswer> => {
    const { id } = ask
    try {
      return { id, value: 'run' in ask ? await helper.run(ask.run) : await helper.check(ask.check) }
    } catch (error) {
      return { id, error: errorToText(error) }
    }
  }
  // Jobs in turn: one alone keeps the thread busy, and a script's executor is used by one at a time.
  let before: Promise<unknown> = Promise.resolve()
  port.on('message', (ask: HelpAsk) => {
    before = before.then(async () => port.postMessage(await answer(ask)))
  })
}
