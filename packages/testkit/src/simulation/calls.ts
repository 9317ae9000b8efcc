// Calls of a simulated service, with and without blobs, and what is promised about each.
import { hash } from 'node:crypto'
import type { CallAnswer, CallRequest } from '@stele/entries/calls'
import { isSteleError } from '@stele/errors'
import type { Chance } from './chance.ts'
import { methods, readingMethods } from './script.ts'
import { settle, type World } from './world.ts'

/** Bytes of a blob that lies in the database, and of one that has a file of its own. */
const blobBytes = [40, 3_000] as const

/** Submits so many calls at once, and waits for their answers. */
export async function submitCalls(world: World, count: number): Promise<void> {
  await submitAll(
    world,
    Array.from({ length: count }, () => randomCall(world.chance)),
  )
}

/** Submits these calls at once, and waits for their answers. */
export async function submitAll(world: World, requests: readonly CallRequest[]): Promise<void> {
  const answers = Promise.all(requests.map((request) => submitOne(world, request)))
  answers.catch(() => undefined) // It is awaited below, or went with the power.
  await settle()
  // A call that hangs is a fault, but for one that the power cut took with it.
  if (!world.disk.isCut) await answers
}

/** Calls that bring blobs: read or not, by a call that fails or does not; and calls that read what others brought. */
export async function submitBlobs(world: World): Promise<void> {
  const { chance, trace, acknowledged } = world
  const requests = Array.from({ length: 1 + chance.below(3) }, () => bringBlob(world))
  const known = acknowledged.flatMap(({ kept }) => kept)
  const [first, ...rest] = known
  if (first !== undefined) {
    requests.push({
      ...randomCall(chance),
      method: 'read',
      args: ['', chance.pick([first, ...rest])],
    })
  }
  trace.push(`${requests.length} calls with blobs`)
  await submitAll(world, requests)
}

function bringBlob(world: World): CallRequest {
  const { chance } = world
  const bytes = Buffer.alloc(chance.pick(blobBytes), `blob ${world.serial++} `)
  const name = hash('sha512', bytes)
  const method = chance.pick(['read', 'readAndFail', 'set', 'fail', 'abort'])
  const field = readingMethods.includes(method) ? '' : `f${chance.below(5)}`
  return { ...randomCall(chance), method, args: [field, name], blobs: [{ name, bytes }] }
}

async function submitOne(world: World, request: CallRequest): Promise<void> {
  const { running, disk } = world
  if (running === undefined) throw new Error('The service is open')
  const brought = (request.blobs ?? []).map(({ name }) => name)
  try {
    const blobs = await running.home.keepBlobs(request.blobs ?? [])
    const answer = await running.service.submit({ ...request, blobs })
    // What a dead process would say reaches nobody.
    if (running === world.running) promise(world, { request, answer, brought })
  } catch (error) {
    if (disk.isCut) return
    if (!isSteleError(error)) throw error
    if (error.code !== 'call_aborted') return
    world.refusedBlobs.push(...brought)
    refuseLostBlob(world, request)
  }
}

type Answered = {
  readonly request: CallRequest
  readonly answer: CallAnswer
  readonly brought: readonly string[]
}

function promise({ acknowledged }: World, { request, answer, brought }: Answered): void {
  const { account, method } = request
  const { index, outcome } = answer
  // A replay of a call that failed reads what it read, and nothing else.
  const isKept = outcome.ok || method === 'readAndFail'
  acknowledged.push({
    index,
    account,
    method,
    args: request.args.map(String),
    ok: outcome.ok,
    result: outcome.ok ? outcome.result : undefined,
    kept: isKept ? brought : [],
    notKept: isKept ? [] : brought,
  })
}

/** A blob that was kept is there for everybody. */
function refuseLostBlob({ acknowledged }: World, { args }: CallRequest): void {
  const lost = acknowledged.flatMap(({ kept }) => kept).find((name) => name === args[1])
  if (lost !== undefined) throw new Error(`A call cannot read the blob ${lost}, which was kept`)
}

/** A call of any method, without blobs. */
export function randomCall(chance: Chance): CallRequest {
  const account = chance.pick(['ada', 'bob', null])
  const method = chance.pick(methods)
  const args = [`f${chance.below(5)}`, `t${chance.below(1000)}`]
  return { account, via: 'token', method, args }
}
