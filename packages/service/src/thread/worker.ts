// The thread's side: opens services as it is told, and lets each answer what it is asked.
import type { MessagePort } from 'node:worker_threads'
import type { OracleAnswer } from '@stele/entries/calls'
import { errorToText } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import type { ServicePorts } from '../ports.ts'
import type { Service } from '../service.ts'
import type { ServiceAnswers, ServiceAsk, ThreadAsk, ThreadData, ThreadNews } from './messages.ts'

/** Opens the service of this name with the data that its client gave. */
export type OpenInThread = (
  service: string,
  data: unknown,
  watch: Pick<ServicePorts, 'watched' | 'report' | 'outside'>,
) => Promise<Service>

/** Answers on the port until it is told to end. */
export function runThread(port: MessagePort, data: ThreadData, open: OpenInThread): void {
  const say = createSay(port)
  const pulse = new BigInt64Array(data.pulse)
  const services = new Map<string, Promise<Service>>()
  const oracles = createOracleRequests(say)
  const openOne = (
    name: string,
    { number, data: given, hasOutside }: Extract<ServiceAsk, { do: 'open' }>,
  ): Promise<Service> =>
    open(name, given, {
      watched: (work) => runWatched({ pulse, number }, work),
      report: (event) => say({ say: 'event', service: name, event }),
      outside: hasOutside ? (request) => oracles.ask(name, request) : undefined,
    })
  port.on('message', (message: ThreadAsk) => {
    if ('end' in message) return port.close()
    if ('oracleRequest' in message) return oracles.take(message.oracleRequest, message.answer)
    const { service: name, id, ask } = message
    if (ask.do === 'open') services.set(name, openOne(name, ask))
    const service = services.get(name)
    if (ask.do === 'close') services.delete(name)
    answer(service, ask).then(
      (value) => say({ say: 'answer', id, value }),
      (error: unknown) => say({ say: 'refusal', id, error: errorToText(error) }),
    )
  })
}

/** Says what comes in one go in one message: the answers of a group above all. */
function createSay(port: MessagePort): (news: ThreadNews) => void {
  let pending: ThreadNews[] = []
  const flush = (): void => {
    port.postMessage(pending)
    pending = []
  }
  return (news) => {
    if (pending.push(news) === 1) process.nextTick(flush) // After the promises that wait for the same commit.
  }
}

/** Oracle requests to the other side, which answers each under its number; where it does not, the service's own timer ends it. */
function createOracleRequests(say: (news: ThreadNews) => void): {
  readonly ask: (service: string, request: JsonValue) => Promise<OracleAnswer>
  readonly take: (number: number, answer: OracleAnswer) => void
} {
  const waiting = new Map<number, (answer: OracleAnswer) => void>()
  let last = 0
  return {
    ask: (service, request) =>
      new Promise((resolve) => {
        const number = ++last
        waiting.set(number, resolve)
        say({ say: 'oracle_request', service, number, request })
      }),
    take: (number, answer) => {
      waiting.get(number)?.(answer)
      waiting.delete(number)
    },
  }
}

/** Shows whoever watches the pulse that the script of the service of this number is running, and since when. */
function runWatched<T>(
  { pulse, number }: { readonly pulse: BigInt64Array; readonly number: number },
  work: () => T,
): T {
  Atomics.store(pulse, 1, BigInt(number))
  Atomics.store(pulse, 0, process.hrtime.bigint())
  try {
    return work()
  } finally {
    Atomics.store(pulse, 0, 0n)
  }
}

async function answer(
  opening: Promise<Service> | undefined,
  ask: ServiceAsk,
): Promise<ServiceAnswers[ServiceAsk['do']]> {
  if (opening === undefined) throw new Error('The service was never opened')
  const service = await opening
  switch (ask.do) {
    case 'open':
      return { readOnly: service.readOnly() }
    case 'submit':
      return service.submit(ask.request)
    case 'ping':
      return null
    case 'offers':
      return service.offers()
    case 'prove':
      return service.prove(ask.queries)
    case 'take_down':
      return service.takeDown(ask.takedown)
    case 'check_takedown':
      await service.checkTakedown(ask.takedown)
      return null
    case 'read_rules':
      return service.readRules()
    case 'apply_rules':
      return service.applyRules(ask.change)
    case 'repair_folder':
      return service.repairFolder({ replace: ask.replace })
    case 'stop_repairs':
      service.stopRepairs()
      return null
    case 'served':
      service.noteServed(ask.size)
      return null
    case 'close':
      await service.close()
      return null
  }
}
