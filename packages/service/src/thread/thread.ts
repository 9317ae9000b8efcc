// A thread that services run in: its life, its pulse, and who is told what when it ends.
import type { Worker } from 'node:worker_threads'
import { errorFromText, reasonOf, SteleError } from '@stele/errors'
import type { ServiceEvent } from '../ports.ts'
import { maxHangCheckMs, type RestartLimits } from './limits.ts'
import type { ServiceAnswers, ServiceAsk, ThreadAsk, ThreadNews } from './messages.ts'
import { type AnswerOutside, OracleRequests } from './oracle-requests.ts'
import { createRestarts, type Restarts } from './restarts.ts'
import { createPulse, type EarlyWorker, startWorker } from './start-worker.ts'

/** How a thread is started. `main` is the module that runs it, with `workerData` `{role: 'services', data}`. */
export type ThreadOptions = {
  readonly main: URL
  /** The first worker, where one was started before. */
  readonly early?: EarlyWorker | undefined
  readonly callTimeoutMs: number
  /** Those of `restarts.ts` when absent. */
  readonly restartLimits?: RestartLimits
  readonly report: (event: ThreadEvent) => void
}

/** What an operator may want to know; `service` is absent where the whole thread is meant. */
export type ThreadEvent = { readonly service?: string } & (ServiceEvent | ClientEvent)
type ClientEvent =
  | { readonly event: 'thread_restarted'; readonly reason: string; readonly aborts: number }
  | { readonly event: 'service_suspended'; readonly reason: string }
  | { readonly event: 'thread_suspended'; readonly reason: string }

type Ready = { readonly readOnly: string | undefined }
/** A service that was opened here; `restarts` counts those of its calls that hung. */
export type OpenedService = {
  readonly name: string
  readonly number: number
  readonly data: unknown
  readonly outside: AnswerOutside | undefined
  readonly restarts: Restarts
  readonly ready: Promise<Ready>
  readonly settle: PromiseWithResolvers<Ready>
  readOnly: string | undefined
  /** Why this one is not opened, while the others run. */
  suspended: string | undefined
  resume: NodeJS.Timeout | undefined
}
type Waiting = {
  readonly service: OpenedService
  readonly ask: ServiceAsk
  readonly sinceMs: number
  readonly resolve: (value: ServiceAnswers[ServiceAsk['do']]) => void
  readonly reject: (error: unknown) => void
}

/** Keeps one thread running: when it ends, another is started. */
export class Thread {
  readonly #options: ThreadOptions
  readonly #pulse: BigInt64Array<SharedArrayBuffer>
  readonly #waiting = new Map<number, Waiting>()
  readonly #services = new Map<string, OpenedService>()
  /** Counts the ends that no service can be blamed for. */
  readonly #restarts: Restarts
  readonly #watch: NodeJS.Timeout
  /** Undefined while an ended thread is not gone yet, or a new one waits. */
  #worker: Worker | undefined
  /** Those of that one; undefined before the first. */
  #oracleRequests: OracleRequests | undefined
  /** Settles when the newest thread is gone. */
  #ended: Promise<unknown> = Promise.resolve()
  #nextId = 1
  #nextNumber = 0
  /** Why calls are refused while there is no thread to take them. */
  #suspended: string | undefined
  #restarting: NodeJS.Timeout | undefined
  #closing = false

  constructor(options: ThreadOptions) {
    this.#options = options
    this.#restarts = createRestarts(options.restartLimits)
    this.#pulse = options.early?.pulse ?? createPulse()
    this.#start(options.early?.worker)
    const checkEveryMs = Math.min(maxHangCheckMs, options.callTimeoutMs)
    this.#watch = setInterval(() => this.#endIfHanging(), checkEveryMs)
    this.#watch.unref()
  }

  open({
    name,
    data,
    outside,
  }: Pick<OpenedService, 'name' | 'data'> &
    Partial<Pick<OpenedService, 'outside'>>): OpenedService {
    if (this.#services.has(name)) throw new Error(`The service "${name}" is open already`)
    const settle = Promise.withResolvers<Ready>()
    settle.promise.catch(() => undefined) // Whoever needs it awaits it; a failure also refuses every ask.
    const service: OpenedService = {
      name,
      number: this.#nextNumber++,
      data,
      outside,
      restarts: createRestarts(this.#options.restartLimits),
      ready: settle.promise,
      settle,
      readOnly: undefined,
      suspended: undefined,
      resume: undefined,
    }
    this.#services.set(name, service)
    if (this.#worker !== undefined) this.#openInWorker(service)
    return service
  }

  async ask<D extends ServiceAsk['do']>(
    service: OpenedService,
    ask: Extract<ServiceAsk, { do: D }>,
  ): Promise<ServiceAnswers[D]> {
    const reason = service.suspended ?? this.#suspended
    if (reason !== undefined) throw suspendedError(reason)
    if (ask.do !== 'close' && this.#isClosed(service)) throw new SteleError('service_closed', {})
    return await new Promise((resolve, reject) => {
      const take = (value: ServiceAnswers[ServiceAsk['do']]): void =>
        resolve(value as ServiceAnswers[D])
      const waiting = { service, ask, sinceMs: performance.now(), resolve: take, reject }
      const id = this.#nextId++
      this.#waiting.set(id, waiting)
      this.#post(id, waiting) // Without a thread it is told when there is one.
    })
  }

  /** A service that is closing is asked nothing any more: nobody would answer. */
  #isClosed(service: OpenedService): boolean {
    return this.#closing || !this.#services.has(service.name)
  }

  writesRefused(service: OpenedService): string | undefined {
    return service.suspended ?? this.#suspended ?? service.readOnly
  }

  /** For how long the oldest call that has no answer yet waits, in milliseconds. */
  oldestCallMs(service: OpenedService): number {
    for (const { service: asked, ask, sinceMs } of this.#waiting.values()) {
      if (asked === service && ask.do === 'submit') return performance.now() - sinceMs // They stand in their order.
    }
    return 0
  }

  async closeService(service: OpenedService): Promise<void> {
    if (!this.#services.has(service.name)) return
    clearTimeout(service.resume)
    this.#oracleRequests?.end(service.name)
    if (service.suspended === undefined && this.#suspended === undefined) {
      await this.ask<'close'>(service, { do: 'close' }).catch(() => undefined)
    }
    this.#services.delete(service.name)
  }

  async close(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    clearTimeout(this.#restarting)
    await Promise.all([...this.#services.values()].map((service) => this.closeService(service)))
    this.#worker?.postMessage({ end: true } satisfies ThreadAsk)
    await this.#ended
    clearInterval(this.#watch) // Not before: a call that hangs must not keep it open.
  }

  #start(early?: Worker): void {
    this.#pulse.fill(0n)
    const worker = early ?? startWorker(this.#options.main, this.#pulse)
    worker.ref() // An early one would not keep the process alive.
    const oracleRequests = new OracleRequests((message) => worker.postMessage(message))
    this.#oracleRequests = oracleRequests
    const ifNewest = (work: () => void): void => {
      if (worker === this.#worker) work() // What an ended one still says was refused already.
    }
    worker.on('message', (news: readonly ThreadNews[]) => {
      for (const one of news) ifNewest(() => this.#hear(one))
    })
    this.#ended = new Promise((resolve) => worker.once('exit', resolve))
    worker.once('exit', () => oracleRequests.end())
    worker.on('error', (error) => ifNewest(() => this.#fail(error)))
    worker.on('exit', () => ifNewest(() => this.#fail(new Error('The thread exited'))))
    this.#worker = worker
    for (const service of this.#services.values()) {
      if (service.suspended === undefined) this.#openInWorker(service)
    }
    for (const [id, waiting] of this.#waiting) {
      if (waiting.ask.do !== 'open') this.#post(id, waiting)
    }
  }

  #openInWorker(service: OpenedService): void {
    service.readOnly = undefined
    const { number, data } = service
    const hasOutside = service.outside !== undefined
    this.ask<'open'>(service, { do: 'open', number, data, hasOutside }).then(
      (ready) => {
        service.readOnly = ready.readOnly
        service.settle.resolve(ready)
      },
      (error: unknown) => this.#failToOpen(service, error),
    )
  }

  /** A service that cannot be opened stays refused, with the reason; a thread that ended meanwhile opens it again. */
  #failToOpen(service: OpenedService, error: unknown): void {
    if (error instanceof SteleError && error.code === 'outcome_unknown') return
    service.settle.reject(error)
    service.suspended = reasonOf(error)
    this.#refuse(service, error)
    this.#resumeAfter(service, service.restarts.plan(Date.now(), true).afterMs)
  }

  /** Opens a suspended service again, unless it is closed until then. */
  #resumeAfter(service: OpenedService, afterMs: number): void {
    service.resume = setTimeout(() => {
      service.suspended = undefined
      if (this.#worker !== undefined) this.#openInWorker(service)
    }, afterMs)
    service.resume.unref()
  }

  #post(id: number, { service, ask }: Waiting): void {
    this.#worker?.postMessage({ service: service.name, id, ask } satisfies ThreadAsk)
  }

  #hear(news: ThreadNews): void {
    switch (news.say) {
      case 'event': {
        const service = this.#services.get(news.service)
        if (news.event.event === 'read_only' && service !== undefined) {
          service.readOnly = news.event.reason
        }
        this.#options.report({ service: news.service, ...news.event })
        return
      }
      case 'answer':
        this.#take(news.id)?.resolve(news.value)
        return
      case 'oracle_request':
        void this.#oracleRequests?.answer(news, this.#services.get(news.service)?.outside)
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

  /** Ends the worker where a call has held it too long. Nothing of that call is in its log. */
  #endIfHanging(): void {
    if (this.#worker === undefined) return
    const [since, number] = [Atomics.load(this.#pulse, 0), Atomics.load(this.#pulse, 1)]
    if (since === 0n || sinceNs(since) < BigInt(this.#options.callTimeoutMs) * nsPerMs) return
    const service = [...this.#services.values()].find((one) => one.number === Number(number))
    const reason = `a call held the thread for over ${this.#options.callTimeoutMs} ms`
    const old = this.#worker
    this.#worker = undefined
    this.#refuseInFlight(reason)
    if (service !== undefined) this.#blame(service, reason)
    // The call may have ended just now, and its commit be under way: the next thread must not read before that is done.
    this.#ended = old.terminate().then(() => {
      if (this.#closing) this.#refuseAll(new SteleError('service_closed', {}))
      else this.#start()
    })
  }

  /** Counts a hang against the service; one that goes on hanging rests, and the others go on without it. */
  #blame(service: OpenedService, reason: string): void {
    const { name } = service
    const plan = service.restarts.plan(Date.now(), false)
    this.#options.report({ service: name, event: 'thread_restarted', reason, aborts: plan.ends })
    if (!plan.isSuspension) return
    service.suspended = `${plan.ends} times in a short while ${reason}`
    this.#options.report({ service: name, event: 'service_suspended', reason: service.suspended })
    this.#refuse(service, suspendedError(service.suspended))
    service.settle.reject(suspendedError(service.suspended))
    this.#resumeAfter(service, plan.afterMs)
  }

  /** A thread that ended by itself is started anew, later each time. */
  #fail(error: unknown): void {
    this.#worker = undefined
    const reason = `the thread of the services ended: ${reasonOf(error)}`
    this.#refuseInFlight(reason)
    if (this.#closing) return
    const plan = this.#restarts.plan(Date.now(), true)
    this.#options.report({ event: 'thread_restarted', reason, aborts: plan.ends })
    this.#suspended = plan.isSuspension ? `${plan.ends} times in a short while ${reason}` : reason
    if (plan.isSuspension) {
      this.#options.report({ event: 'thread_suspended', reason: this.#suspended })
      for (const { settle } of this.#services.values()) settle.reject(error)
    }
    // Two writers must never meet.
    this.#ended = this.#ended.then(() => {
      if (this.#closing) return
      this.#restarting = setTimeout(() => {
        this.#suspended = undefined
        this.#start()
      }, plan.afterMs)
      this.#restarting.unref()
    })
  }

  /** What was asked of an ended thread may have been done. */
  #refuseInFlight(reason: string): void {
    for (const { ask, reject } of this.#waiting.values()) {
      const method = ask.do === 'submit' ? ask.request.method : ask.do
      reject(new SteleError('outcome_unknown', { method, reason }))
    }
    this.#waiting.clear()
  }

  #refuse(service: OpenedService, error: unknown): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.service !== service) continue
      this.#waiting.delete(id)
      waiting.reject(error)
    }
  }

  #refuseAll(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

const nsPerMs = 1_000_000n

/** By a clock that nobody sets. */
function sinceNs(start: bigint): bigint {
  return process.hrtime.bigint() - start
}

function suspendedError(reason: string): SteleError {
  return new SteleError('service_suspended', { reason })
}
