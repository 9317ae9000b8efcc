// A service under everything that can go wrong, from a seed: a failing seed fails the same way again.
import type { ServiceHome } from '@stele/service'
import { createChance } from './chance.ts'
import { checkDisk, checkFolder } from './checks.ts'
import { createDisk, type Disk } from './disk.ts'
import { takeStep } from './steps.ts'
import { createTime } from './time.ts'
import { checkedOf, start, stop, type World } from './world.ts'

/** How a run goes. `spoil` changes the home that the service gets: a fault put in on purpose. */
export type SimulationOptions = {
  readonly steps?: number
  readonly spoil?: (home: ServiceHome, disk: Disk) => ServiceHome
  /** Names of steps that are not taken. */
  readonly without?: readonly string[]
}

/** What a run did. */
export type SimulationReport = {
  readonly entries: number
  readonly acknowledged: number
  readonly starts: number
  readonly powerCuts: number
  /** The names of the steps that were taken. */
  readonly taken: readonly string[]
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

const startMs = 1_795_000_000_000
const defaultSteps = 25

/** Runs a service from this seed. Throws `SimulationFailure`. */
export async function simulate(
  seed: number,
  { steps = defaultSteps, spoil = (home) => home, without = [] }: SimulationOptions = {},
): Promise<SimulationReport> {
  const chance = createChance(seed)
  const world: World = {
    chance,
    disk: createDisk(chance),
    time: createTime(startMs),
    memory: chance.pick(['fresh', 'kept']),
    spoil,
    without,
    running: undefined,
    events: [],
    acknowledged: [],
    changes: [],
    refusedBlobs: [],
    trace: [],
    isRebuilding: false,
    serial: 0,
    starts: 0,
    powerCuts: 0,
  }
  const taken: string[] = []
  try {
    await start(world)
    for (let step = 0; step < steps; step++) taken.push(await takeStep(world))
    await finish(world)
  } catch (error) {
    const told = `told ${JSON.stringify(world.events)}`
    throw new SimulationFailure(seed, [...world.trace, told], error)
  }
  const { acknowledged, starts, powerCuts, trace } = world
  const entries = world.disk.tables.entries.length
  return { entries, acknowledged: acknowledged.length, starts, powerCuts, taken, trace }
}

async function finish(world: World): Promise<void> {
  world.trace.push('end')
  await stop(world)
  if (world.disk.isCut) throw new Error('The power was cut at the end')
  checkDisk(checkedOf(world))
  checkFolder(checkedOf(world))
  world.disk.snapshot = [] // The same state follows from the rows alone.
  await start(world)
  if (world.running?.service.readOnly() !== undefined)
    throw new Error(world.running.service.readOnly())
  await stop(world)
}
