// The thread's side: opens services as it is told, and lets each answer what it is asked.
import type { MessagePort } from 'node:worker_threads'
import { errorToText } from '@stele/errors'
import type { ServicePorts } from '../ports.ts'
import type { Service } from '../service.ts'
import type { ServiceAnswers, ServiceAsk, ThreadAsk, ThreadData, ThreadNews } from './messages.ts'

/** Opens the service of this name with the data that its client gave. */
export type OpenInThread = (
  service: string,
  data: unknown,
  watch: Pick<ServicePorts, 'timed' | 'report'>,
) => Promise<Service>

/** Answers on the port until it is told to end. */
export function runThread(port: MessagePort, { pulse }: ThreadData, open: OpenInThread): void {
  const say = createSay(port)
  const words = new BigInt64Array(pulse)
  const services = new Map<string, Promise<Service>>()
  const openOne = (name: string, number: number, data: unknown): Promise<Service> =>
    open(name, data, {
      timed: (work) => timed(words, number, work),
      report: (event) => say({ say: 'event', service: name, event }),
    })
  port.on('message', (message: ThreadAsk) => {
    if ('end' in message) return port.close()
    const { service: name, id, ask } = message
    if (ask.do === 'open') services.set(name, openOne(name, ask.number, ask.data))
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

/** Shows whoever watches that this service's script is running, and since when. */
function timed<T>(words: BigInt64Array, number: number, work: () => T): T {
  Atomics.store(words, 1, BigInt(number))
  Atomics.store(words, 0, process.hrtime.bigint())
  try {
    return work()
  } finally {
    Atomics.store(words, 0, 0n)
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
    case 'methods':
      return service.methods()
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
