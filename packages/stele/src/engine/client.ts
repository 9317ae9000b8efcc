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
import { createRestarts, type RestartLimits, type RestartPlan, type Restarts } from './restarts.ts'

/** An engine, as the faces see it. */
export type Engine = {
  /** Settles once the log is open; `readOnly` says why it takes no writes, where it does not. */
  readonly ready: Promise<{ readonly readOnly: string | undefined }>
  /** Why writes are refused now, undefined where they are taken (or the log is still being opened). */
  readonly writesRefused: () => string | undefined
  readonly submit: (request: CallRequest) => Promise<CallAnswer>
  /** A proof bundle. Throws `proofs_busy` while two others are being made. */
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
  /** Those of `restarts.ts` when absent. */
  readonly restartLimits?: RestartLimits
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

/** How often it is looked whether a call hangs. */
const longestLookMs = 250
/** A native stack that QuickJS's own limit always reaches first. */
const stackSizeMb = 32
/** Anybody may ask for proofs, and each takes turns from the thread that commits. */
const maxProofs = 2

/** Starts an engine in a thread of its own. */
export function startEngine(options: EngineOptions): Engine {
  const thread = new EngineThread(options)
  const ask = <D extends EngineAsk['do']>(
    question: Extract<EngineAsk, { do: D }>,
  ): Promise<EngineAnswers[D]> => thread.ask(question)
  let proofs = 0
  return {
    ready: thread.ready,
    writesRefused: () => thread.writesRefused,
    submit: async (request) => {
      const blobs = await keepLargeBlobs(options.data.paths.blobs, request.blobs ?? [])
      return ask<'submit'>({ do: 'submit', request: { ...request, blobs } })
    },
    prove: async (queries) => {
      if (proofs >= maxProofs)
        throw new SteleError('proofs_busy', { running: proofs, retryAfterS: 1 })
      proofs++
      return ask<'prove'>({ do: 'prove', queries }).finally(() => proofs--)
    },
    takeDown: (withhold, reason) => ask<'take_down'>({ do: 'take_down', withhold, reason }),
    close: () => thread.close(),
  }
}

class EngineThread {
  readonly #options: EngineOptions
  readonly #pulse = new SharedArrayBuffer(8)
  readonly #waiting = new Map<number, Waiting>()
  readonly #restarts: Restarts
  readonly #watch: NodeJS.Timeout
  /** Undefined while an ended thread is not gone yet. */
  #worker: Worker | undefined
  /** Settles when the newest thread is gone. */
  #ended: Promise<unknown> = Promise.resolve()
  #nextId = 1
  /** Why calls are refused while there is no thread to take them. */
  #suspended: string | undefined
  #readOnly: string | undefined
  #restarting: NodeJS.Timeout | undefined
  #closing = false
  #settleReady: { resolve: (ready: Ready) => void; reject: (error: unknown) => void } | undefined
  readonly ready: Promise<Ready>

  constructor(options: EngineOptions) {
    this.#options = options
    this.#restarts = createRestarts(options.restartLimits)
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

  get writesRefused(): string | undefined {
    return this.#suspended ?? this.#readOnly
  }

  async close(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    clearTimeout(this.#restarting)
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
        this.#readOnly = news.readOnly
        this.#settleReady?.resolve({ readOnly: news.readOnly })
        return
      case 'event':
        if (news.event.event === 'read_only') this.#readOnly = news.event.reason
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
    const old = this.#worker
    this.#worker = undefined
    this.#refuseInFlight(reason)
    const plan = this.#planRestart(reason, { isDelayed: false })
    // The call may have ended just now, and its commit be under way: the next thread must not read before that is done.
    this.#ended = old.terminate().then(() => this.#startAfter(plan.afterMs))
  }

  /** A thread that ended by itself is started anew, later each time. */
  #fail(error: unknown): void {
    this.#settleReady?.reject(error)
    this.#worker = undefined
    const reason = `the engine ended: ${error instanceof Error ? error.message : String(error)}`
    this.#refuseInFlight(reason)
    if (this.#closing) return
    const { afterMs } = this.#planRestart(reason, { isDelayed: true })
    this.#suspended ??= reason
    this.#ended = this.#ended.then(() => this.#startAfter(afterMs)) // Two writers must never meet.
  }

  #planRestart(reason: string, { isDelayed }: { readonly isDelayed: boolean }): RestartPlan {
    const plan = this.#restarts.plan(Date.now(), isDelayed)
    this.#options.report({ event: 'engine_restarted', reason, aborts: plan.ends })
    if (plan.isSuspension) {
      this.#suspended = `${plan.ends} times in a short while ${reason}`
      this.#options.report({ event: 'engine_suspended', reason: this.#suspended })
    }
    return plan
  }

  /** Starts a new thread, which recovers as after any crash. */
  #startAfter(afterMs: number): void {
    if (this.#closing) return this.#refuseAll(suspended('it is closing'))
    if (this.#suspended !== undefined) this.#refuseAll(suspended(this.#suspended))
    const start = (): void => {
      Atomics.store(new BigInt64Array(this.#pulse), 0, 0n)
      this.#suspended = undefined
      this.#readOnly = undefined
      const worker = this.#start()
      this.#worker = worker
      for (const [id, { ask }] of this.#waiting) worker.postMessage({ id, ask })
    }
    if (afterMs === 0) return start()
    this.#restarting = setTimeout(start, afterMs)
    this.#restarting.unref()
  }

  /** What was asked of an ended thread may have been done. */
  #refuseInFlight(reason: string): void {
    for (const { ask, reject } of this.#waiting.values()) {
      const method = ask.do === 'submit' ? ask.request.method : ask.do
      reject(new SteleError('outcome_unknown', { method, reason }))
    }
    this.#waiting.clear()
  }

  #refuseAll(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

function suspended(reason: string): SteleError {
  return new SteleError('service_suspended', { reason })
}
