// A service under everything that can go wrong, from a seed: a failing seed fails the same way again.

import type { WithheldPart } from '@stele/entries/bodies'
import type { CallRequest } from '@stele/entries/calls'
import { isSteleError } from '@stele/errors'
import { openService, type Service, type ServiceEvent, type ServiceHome } from '@stele/service'
import { clockName } from '@stele/state'
import { createCosigner, createEd25519Signer, parseCheckpoint } from '@stele/tlog/keys'
import { parseNote } from '@stele/tlog/notes'
import { type Chance, createChance } from './chance.ts'
import { type Acknowledged, type Checked, checkDisk, checkFolder } from './checks.ts'
import { createDisk, type Disk, type Tables } from './disk.ts'
import { openSimulatedHome } from './home.ts'
import { createSimulatedScript, methods } from './script.ts'
import { createTime, type Time } from './time.ts'

/** How a run goes. `spoil` changes the home that the service gets: a fault put in on purpose. */
export type SimulationOptions = {
  readonly steps?: number
  readonly spoil?: (home: ServiceHome, disk: Disk) => ServiceHome
}

/** What a run did. */
export type SimulationReport = {
  readonly entries: number
  readonly acknowledged: number
  readonly starts: number
  readonly powerCuts: number
  /** The steps, in words. */
  readonly trace: readonly string[]
}

/** Thrown where something does not hold: it names the seed, and what was done until then. */
export class SimulationFailure extends Error {
  readonly seed: number

  constructor(seed: number, trace: readonly string[], cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`Seed ${seed}: ${reason}\nafter ${trace.join(', ')}`, { cause })
    this.seed = seed
  }
}

const origin = 'example.com/simulated'
const startMs = 1_795_000_000_000
const defaultSteps = 25
const callsPerBurst = 6
const seeds = { log: bytes(1), clock: bytes(2), root: bytes(3) }
const verifiers = [
  createEd25519Signer(origin, seeds.log).verifier,
  createCosigner(clockName(origin), seeds.clock).verifier,
]

/** Runs a service from this seed. Throws `SimulationFailure`. */
export async function simulate(
  seed: number,
  { steps = defaultSteps, spoil = (home) => home }: SimulationOptions = {},
): Promise<SimulationReport> {
  const chance = createChance(seed)
  const world: World = {
    chance,
    disk: createDisk(chance),
    time: createTime(startMs),
    memory: chance.pick(['fresh', 'kept']),
    spoil,
    service: undefined,
    events: [],
    acknowledged: [],
    trace: [],
    starts: 0,
    powerCuts: 0,
  }
  try {
    await start(world)
    for (let step = 0; step < steps; step++) await takeStep(world)
    await finish(world)
  } catch (error) {
    throw new SimulationFailure(
      seed,
      [...world.trace, `told ${JSON.stringify(world.events)}`],
      error,
    )
  }
  const { acknowledged, starts, powerCuts, trace } = world
  const entries = world.disk.tables.entries.length
  return { entries, acknowledged: acknowledged.length, starts, powerCuts, trace }
}

type World = {
  readonly chance: Chance
  readonly disk: Disk
  readonly time: Time
  readonly memory: 'fresh' | 'kept'
  readonly spoil: NonNullable<SimulationOptions['spoil']>
  service: Service | undefined
  readonly events: ServiceEvent[]
  readonly acknowledged: Acknowledged[]
  readonly trace: string[]
  starts: number
  powerCuts: number
}

function bytes(value: number): Uint8Array {
  return new Uint8Array(32).fill(value)
}

/** Lets everything run that does not wait for time. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

async function start(world: World): Promise<void> {
  const { disk, chance, time } = world
  world.starts++
  disk.isCut = false
  world.events.length = 0
  const opening = openService({
    definition: { script: () => 'simulated', memory: world.memory },
    identity: { origin, operator: 'op', seeds },
    home: world.spoil(openSimulatedHome(disk), disk),
    timers: time.timers,
    openScript: createSimulatedScript(world.memory),
    nowMs: time.nowMs,
    random: chance.bytes,
    breathe: async () => undefined,
    timed: (work) => work(),
    report: (event) => world.events.push(event),
  })
  const opened = await opening.catch((error: unknown) => {
    if (!disk.isCut) throw error
    return undefined
  })
  world.service = opened
  if (opened === undefined) await powerOn(world)
}

/** Starts again after the power was cut, wherever that was; the disk has to be as a checked one is. */
async function powerOn(world: World): Promise<void> {
  const { disk, time } = world
  world.powerCuts++
  disk.isCut = true
  await settle() // Whatever the dead process still does fails.
  time.clear()
  disk.faults.cutAfter = undefined
  disk.faults.commit = undefined
  disk.faults.isFull = false
  disk.loseUnsynced()
  if (disk.tables.head !== undefined) checkDisk(checkedOf(world))
  await start(world)
}

function checkedOf({ disk, acknowledged }: World): Checked {
  return { disk, store: openSimulatedHome(disk).store, origin, verifiers, acknowledged }
}

type Step = (world: World) => Promise<void>

const work: Step = async (world) => {
  const calls = 1 + world.chance.below(callsPerBurst)
  world.trace.push(`${calls} calls`)
  await submitAll(world, calls)
}

const steps: readonly [Step, ...Step[]] = [
  work,
  work,
  work,
  async (world) => passTime(world, world.chance.below(3000)),
  async (world) => passTime(world, world.chance.below(3000)),
  async (world) => passTime(world, 31 * 60 * 1000),
  async ({ time, chance, trace }) => {
    const byMs = (chance.below(20) - 10) * 1000
    trace.push(`clock by ${byMs} ms`)
    time.shift(byMs)
  },
  async (world) => {
    world.disk.faults.commit = world.chance.pick(['fails', 'fails_but_persisted'])
    world.trace.push(`commit ${world.disk.faults.commit}`)
    await submitAll(world, 3)
  },
  async (world) => {
    world.trace.push('disk full')
    world.disk.faults.isFull = true
    await submitAll(world, 2)
    await passTime(world, 1500)
    world.disk.faults.isFull = false
  },
  cutPower,
  cutPower,
  kill,
  restart,
  putOldDatabaseBack,
  takeDown,
  proveSomething,
]

async function takeStep(world: World): Promise<void> {
  await world.chance.pick(steps)(world)
  if (world.disk.isCut) return powerOn(world)
  const reason = world.service?.readOnly()
  if (reason !== undefined) throw new Error(`It refuses writes: ${reason}`)
}

async function submitAll(world: World, count: number): Promise<void> {
  const requests = Array.from({ length: count }, () => randomCall(world.chance))
  const answers = requests.map((request) => submitOne(world, request))
  await settle()
  // A call that hangs is a fault, but for one that the power cut took with it.
  if (!world.disk.isCut) await Promise.all(answers)
}

async function submitOne(world: World, request: CallRequest): Promise<void> {
  const { service } = world
  if (service === undefined) throw new Error('The service is open')
  const { account, method } = request
  const args = request.args.map(String)
  try {
    const { index, outcome } = await service.submit(request)
    // What a dead process would say reaches nobody.
    if (service === world.service) {
      world.acknowledged.push({ index, account, method, args, ok: outcome.ok })
    }
  } catch (error) {
    if (world.disk.isCut || isSteleError(error)) return
    throw error
  }
}

function randomCall(chance: Chance): CallRequest {
  const account = chance.pick(['ada', 'bob', null])
  const method = chance.pick(methods)
  const args = [`f${chance.below(5)}`, `t${chance.below(1000)}`]
  return { account, via: 'token', method, args }
}

async function passTime({ time, trace }: World, durationMs: number): Promise<void> {
  trace.push(`${durationMs} ms`)
  await time.pass(durationMs, settle)
}

/** Cuts the power within the next operations on the disk. */
async function cutPower(world: World): Promise<void> {
  const { disk, chance, trace, time } = world
  disk.faults.cutAfter = chance.below(12)
  trace.push(`power cut after ${disk.faults.cutAfter} operations`)
  await submitAll(world, 1 + chance.below(4))
  await time.pass(1200, settle)
  if (!disk.isCut) disk.faults.cutAfter = undefined
}

/** Ends the process where it stands. What it wrote is not lost with it, synced or not. */
async function kill(world: World): Promise<void> {
  world.trace.push('kill')
  await submitAll(world, 2)
  world.disk.unsynced.clear()
  world.disk.isCut = true
}

async function restart(world: World): Promise<void> {
  world.trace.push('restart')
  await stop(world)
  if (world.disk.isCut) return
  checkDisk(checkedOf(world))
  checkFolder(checkedOf(world))
  await start(world)
}

async function stop(world: World): Promise<void> {
  await world.service?.close()
  await settle()
  world.time.clear()
}

/** An older copy of the database in place of the newest: nothing may be written or published until it is back. */
async function putOldDatabaseBack(world: World): Promise<void> {
  const { disk, trace, chance } = world
  await stop(world)
  if (disk.isCut) return
  const note = disk.files.get('-/log/checkpoint')
  const seen =
    note === undefined ? 0 : parseCheckpoint(parseNote(Buffer.from(note).toString()).text).size
  const older = disk.history.filter(({ head }) => head !== undefined && head.size < seen)
  const [newest, old] = [disk.tables, older[chance.below(Math.max(1, older.length))]]
  if (old !== undefined) {
    trace.push(`database of ${old.head?.size} entries put back under ${seen}`)
    const shown = chance.oneIn(2) ? putOldCheckpointBack(world, old) : note
    for (let times = 0; times < 2; times++) await refuseOld(world, old, shown)
    disk.tables = newest
    if (note !== undefined) disk.files.set('-/log/checkpoint', note)
  }
  await start(world)
}

/** The folder's checkpoint as it was when the old database was the newest one; none where nothing was published yet. */
function putOldCheckpointBack({ disk, trace }: World, old: Tables): Uint8Array | undefined {
  const sizeOf = (note: string): number => parseCheckpoint(parseNote(note).text).size
  const note = disk.published.findLast((one) => sizeOf(one) <= (old.head?.size ?? 0))
  trace.push(`checkpoint of ${note === undefined ? 'nothing' : sizeOf(note)} put back with it`)
  if (note === undefined) disk.files.delete('-/log/checkpoint')
  else disk.files.set('-/log/checkpoint', Buffer.from(note))
  return disk.files.get('-/log/checkpoint')
}

async function refuseOld(world: World, old: Tables, note: Uint8Array | undefined): Promise<void> {
  const { disk, time } = world
  disk.tables = old
  await start(world)
  if (world.service?.readOnly() === undefined) throw new Error('It takes writes on an old database')
  const promised = world.acknowledged.length
  await submitAll(world, 2)
  if (world.acknowledged.length > promised) throw new Error('It wrote to an old database')
  await time.pass(31 * 60 * 1000, settle)
  await stop(world)
  const found = disk.files.get('-/log/checkpoint')
  if (Buffer.compare(found ?? Buffer.alloc(0), note ?? Buffer.alloc(0)) !== 0)
    throw new Error('It published an old database')
  if (disk.tables.head?.size !== old.head?.size) throw new Error('It extended an old database')
}

async function takeDown(world: World): Promise<void> {
  const { chance, service, disk, trace } = world
  const size = disk.tables.entries.length
  const entry = chance.below(size)
  const part: WithheldPart = { entry, part: chance.pick(['body', 'values', 'effects']) }
  trace.push(`takedown of the ${part.part} of ${entry}`)
  const answer = service
    ?.takeDown({ withhold: [part], reason: 'because' })
    .catch((error: unknown) => {
      if (!disk.isCut && !isSteleError(error)) throw error
    })
  await settle()
  if (!disk.isCut) await answer
}

async function proveSomething({ service, chance, trace, disk }: World): Promise<void> {
  trace.push('proof')
  const proof = service?.prove([{ object: '/', field: `f${chance.below(5)}` }])
  const answer = proof?.catch((error: unknown) => {
    if (!disk.isCut && !isSteleError(error)) throw error
  })
  await settle()
  if (!disk.isCut) await answer
}

async function finish(world: World): Promise<void> {
  world.trace.push('end')
  await stop(world)
  if (world.disk.isCut) throw new Error('The power was cut at the end')
  checkDisk(checkedOf(world))
  checkFolder(checkedOf(world))
  world.disk.snapshot = [] // The same state follows from the rows alone.
  await start(world)
  if (world.service?.readOnly() !== undefined) throw new Error(world.service.readOnly())
  await stop(world)
}
