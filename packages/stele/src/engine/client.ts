// The server's end of an engine: asks it, watches its pulse, and starts it anew when a call holds it too long.
import { Worker } from 'node:worker_threads'
import type { CallAnswer, CallRequest, WithheldPart } from '@stele/entries'
import { SteleError } from '@stele/errors'
import type { StateQuery } from '@stele/state'
import { keepLargeBlobs } from '@stele/storage'
import {
  type EngineAnswers,
  type EngineAsk,
  type EngineData,
  type EngineEvent,
  type EngineNews,
  errorFromText,
} from './messages.ts'

/** An engine, as the faces see it. */
export type Engine = {
  /** Settles once the log is open; `readOnly` says why it takes no writes, where it does not. */
  readonly ready: Promise<{ readonly readOnly: string | undefined }>
  readonly submit: (request: CallRequest) => Promise<CallAnswer>
  readonly prove: (queries: readonly StateQuery[]) => Promise<Uint8Array>
  readonly takeDown: (
    withhold: readonly WithheldPart[],
    reason: string,
  ) => Promise<{ index: number }>
  readonly close: () => Promise<void>
}

/** What an engine is started with besides its data. `main` is the module that runs it in a worker. */
export type EngineOptions = {
  readonly data: Omit<EngineData, 'pulse'>
  readonly main: URL
  readonly callTimeoutMs: number
  readonly report: (event: EngineEvent | ClientEvent) => void
}
/** What only the watcher sees. */
export type ClientEvent =
  | { readonly event: 'engine_restarted'; readonly reason: string; readonly aborts: number }
  | { readonly event: 'engine_suspended'; readonly reason: string }

type Waiting = {
  readonly ask: EngineAsk
  readonly resolve: (value: EngineAnswers[EngineAsk['do']]) => void
  readonly reject: (error: unknown) => void
}
type Ready = { readonly readOnly: string | undefined }

const longestLookMs = 250
/** A native stack that QuickJS's own limit always reaches first. */
const stackSizeMb = 32
/** So many aborts within the window suspend the service: something is wrong that a restart does not mend. */
const maxAborts = 5
const abortWindowMs = 10 * 60 * 1000

/** Starts an engine in a thread of its own. */
export function startEngine(options: EngineOptions): Engine {
  const thread = new EngineThread(options)
  const ask = <D extends EngineAsk['do']>(
    question: Extract<EngineAsk, { do: D }>,
  ): Promise<EngineAnswers[D]> => thread.ask(question)
  return {
    ready: thread.ready,
    submit: async (request) => {
      const blobs = await keepLargeBlobs(options.data.paths.blobs, request.blobs ?? [])
      return ask<'submit'>({ do: 'submit', request: { ...request, blobs } })
    },
    prove: (queries) => ask<'prove'>({ do: 'prove', queries }),
    takeDown: (withhold, reason) => ask<'take_down'>({ do: 'take_down', withhold, reason }),
    close: () => thread.close(),
  }
}

class EngineThread {
  readonly #options: EngineOptions
  readonly #pulse = new SharedArrayBuffer(8)
  readonly #waiting = new Map<number, Waiting>()
  readonly #aborts: number[] = []
  readonly #watch: NodeJS.Timeout
  /** Undefined while an ended thread is not gone yet. */
  #worker: Worker | undefined
  /** Settles when the newest thread is gone. */
  #ended: Promise<unknown> = Promise.resolve()
  #nextId = 1
  #suspended: string | undefined
  #closing = false
  #settleReady: { resolve: (ready: Ready) => void; reject: (error: unknown) => void } | undefined
  readonly ready: Promise<Ready>

  constructor(options: EngineOptions) {
    this.#options = options
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject }
    })
    this.ready.catch(() => undefined) // Whoever needs it awaits it; a failure also refuses every ask.
    this.#worker = this.#start()
    const lookEveryMs = Math.min(longestLookMs, options.callTimeoutMs)
    this.#watch = setInterval(() => this.#look(), lookEveryMs)
    this.#watch.unref()
  }

  ask<D extends EngineAsk['do']>(ask: Extract<EngineAsk, { do: D }>): Promise<EngineAnswers[D]> {
    if (this.#suspended !== undefined) throw suspended(this.#suspended)
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      const take = (value: EngineAnswers[EngineAsk['do']]): void =>
        resolve(value as EngineAnswers[D])
      this.#waiting.set(id, { ask, resolve: take, reject })
      this.#worker?.postMessage({ id, ask }) // Else it is told when there is one.
    })
  }

  async close(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    if (this.#suspended === undefined) {
      await this.ask<'close'>({ do: 'close' }).catch(() => undefined)
    }
    await this.#ended
    clearInterval(this.#watch) // Not before: a call that hangs must not keep it open.
  }

  #start(): Worker {
    const data: EngineData = { ...this.#options.data, pulse: this.#pulse }
    const worker = new Worker(this.#options.main, {
      workerData: { role: 'engine', data },
      resourceLimits: { stackSizeMb },
    })
    const ifNewest = (work: () => void): void => {
      if (worker === this.#worker) work() // What an ended one still says was refused already.
    }
    worker.on('message', (news: EngineNews) => ifNewest(() => this.#hear(news)))
    this.#ended = new Promise((resolve) => worker.once('exit', resolve))
    worker.on('error', (error) => ifNewest(() => this.#fail(error)))
    worker.on('exit', () => ifNewest(() => this.#fail(new Error('The engine ended'))))
    return worker
  }

  #hear(news: EngineNews): void {
    switch (news.say) {
      case 'ready':
        this.#settleReady?.resolve({ readOnly: news.readOnly })
        return
      case 'event':
        this.#options.report(news.event)
        return
      case 'answer':
        this.#take(news.id)?.resolve(news.value)
        return
      case 'refusal':
        this.#take(news.id)?.reject(errorFromText(news.error))
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }

  /** Looks whether a call has held the engine too long. Nothing of that call is in the log. */
  #look(): void {
    if (this.#worker === undefined) return
    const sinceMs = Number(Atomics.load(new BigInt64Array(this.#pulse), 0))
    if (sinceMs === 0 || Date.now() - sinceMs < this.#options.callTimeoutMs) return
    const reason = `a call held the engine for over ${this.#options.callTimeoutMs} ms`
    const now = Date.now()
    this.#aborts.push(now)
    const aborts = this.#aborts.filter((time) => now - time < abortWindowMs).length
    this.#options.report({ event: 'engine_restarted', reason, aborts })
    this.#replace(reason)
    if (aborts >= maxAborts) this.#suspend(`${aborts} calls held the engine too long`)
  }

  /** Ends the thread and starts a new one, which recovers as after any crash. */
  #replace(reason: string): void {
    const old = this.#worker
    if (old === undefined) return
    this.#worker = undefined
    for (const { ask, reject } of this.#waiting.values()) {
      const method = ask.do === 'submit' ? ask.request.method : ask.do
      reject(new SteleError('outcome_unknown', { method, reason }))
    }
    this.#waiting.clear()
    // The call may have ended just now, and its commit be under way: the next thread must not read before that is done.
    this.#ended = old.terminate().then(() => {
      Atomics.store(new BigInt64Array(this.#pulse), 0, 0n)
      if (this.#suspended !== undefined || this.#closing) return this.#refuseAll(suspended(reason))
      const worker = this.#start()
      this.#worker = worker
      for (const [id, { ask }] of this.#waiting) worker.postMessage({ id, ask })
    })
  }

  #suspend(reason: string): void {
    this.#suspended = reason
    this.#options.report({ event: 'engine_suspended', reason })
    this.#refuseAll(suspended(reason))
    void this.#worker?.terminate()
  }

  #refuseAll(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  #fail(error: unknown): void {
    this.#settleReady?.reject(error)
    this.#refuseAll(error)
    if (this.#closing) return
    const reason = `the engine ended: ${error instanceof Error ? error.message : String(error)}`
    if (this.#suspended === undefined) this.#suspend(reason)
  }
}

function suspended(reason: string): SteleError {
  return new SteleError('service_suspended', { reason })
}
