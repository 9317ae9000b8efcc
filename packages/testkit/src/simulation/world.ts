// The world of a simulated service: its disk, its time, what was promised; and how it is started, stopped, and started again
// after the worst.
import {
  openService,
  type Service,
  type ServiceEvent,
  type ServiceHome,
  type ServiceIdentity,
} from '@stele/service'
import { clockName } from '@stele/state'
import { createCosigner, createEd25519Signer } from '@stele/tlog/keys'
import type { Chance } from './chance.ts'
import { type Acknowledged, type Change, type Checked, checkDisk } from './checks.ts'
import { type Disk, PowerCut } from './disk.ts'
import { openSimulatedHome } from './home.ts'
import { createSimulatedScript, scriptText } from './script.ts'
import type { Time } from './time.ts'

export const origin = 'example.com/simulated'
export const seeds: ServiceIdentity['seeds'] & { readonly root: Uint8Array } = {
  log: bytes(1),
  clock: bytes(2),
  root: bytes(3),
}
const verifiers = [
  createEd25519Signer(origin, seeds.log).verifier,
  createCosigner(clockName(origin), seeds.clock).verifier,
]

/** All there is. */
export type World = {
  readonly chance: Chance
  readonly disk: Disk
  readonly time: Time
  readonly memory: 'fresh' | 'kept'
  readonly spoil: (home: ServiceHome, disk: Disk) => ServiceHome
  /** Steps that are not taken. */
  readonly without: readonly string[]
  /** The service that runs, and its home. */
  running: { readonly service: Service; readonly home: ServiceHome } | undefined
  readonly events: ServiceEvent[]
  readonly acknowledged: Acknowledged[]
  /** Changes of the rules that were acknowledged. */
  readonly changes: Change[]
  /** Blobs that came with calls of which the log heard nothing. */
  readonly refusedBlobs: string[]
  readonly trace: string[]
  /** True from when a rebuild was cut short until the service has gone on with it. */
  isRebuilding: boolean
  /** Counts up, so that no two blobs and no two scripts are the same. */
  serial: number
  starts: number
  powerCuts: number
}

function bytes(value: number): Uint8Array {
  return new Uint8Array(32).fill(value)
}

/** Lets everything run that does not wait for time. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

/** Starts a process on the disk as it is. */
export async function start(world: World): Promise<void> {
  const { disk, chance, time } = world
  world.starts++
  disk.isCut = false
  world.events.length = 0
  const home = world.spoil(openSimulatedHome(disk), disk)
  const opening = openService({
    definition: { script: () => scriptText(0), memory: world.memory },
    identity: { origin, operator: 'op', seeds },
    home,
    timers: time.timers,
    openScript: createSimulatedScript(world.memory, () => endThread(disk)),
    nowMs: time.nowMs,
    random: chance.bytes,
    breathe: async () => undefined,
    watched: (work) => work(),
    report: (event) => world.events.push(event),
  })
  const service = await opening.catch((error: unknown) => {
    if (!disk.isCut) throw error
    return undefined
  })
  world.running = service && { service, home }
  if (service === undefined) await powerOn(world)
  else world.isRebuilding = false
}

/** The thread is ended in the midst of a call; what it wrote is not lost with it. */
function endThread(disk: Disk): never {
  disk.unsynced.clear()
  disk.isCut = true
  throw new PowerCut()
}

/** Starts again after the power was cut, wherever that was; the disk has to be as a checked one is. */
export async function powerOn(world: World): Promise<void> {
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

/** Stops the service as an operator does. */
export async function stop(world: World): Promise<void> {
  await world.running?.service.close()
  await settle()
  world.time.clear()
}

/** The disk, and all that was promised about it. */
export function checkedOf(world: World): Checked {
  const { disk, acknowledged, changes, refusedBlobs, isRebuilding } = world
  const { store } = openSimulatedHome(disk)
  return { disk, store, origin, verifiers, acknowledged, changes, refusedBlobs, isRebuilding }
}
