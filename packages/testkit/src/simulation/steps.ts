// What may happen to a simulated service, and how likely it is. Each step says what must hold of it alone; what must hold of
// the disk is checked after each start, each clean stop, and at the end (checks.ts).
import type { WithheldPart } from '@stele/entries/bodies'
import { logFolder } from '@stele/entries/paths'
import { isSteleError } from '@stele/errors'
import { randomCall, submitAll, submitBlobs, submitCalls } from './calls.ts'
import { changeRules } from './change-rules.ts'
import { checkDisk, checkFolder } from './checks.ts'
import { PowerCut } from './disk.ts'
import { openSimulatedHome } from './home.ts'
import { putOldDatabaseBack } from './old-database.ts'
import { checkedOf, powerOn, settle, start, stop, type World } from './world.ts'

type Step = {
  readonly name: string
  readonly weight: number
  readonly take: (world: World) => Promise<void>
}

const callsPerBurst = 6

/** All steps. The heavier one is, the more often it is taken. */
const steps: readonly Step[] = [
  { name: 'calls', weight: 3, take: work },
  { name: 'calls with blobs', weight: 2, take: submitBlobs },
  { name: 'a little time', weight: 2, take: (world) => passTime(world, world.chance.below(3000)) },
  { name: 'half an hour', weight: 1, take: (world) => passTime(world, 31 * 60 * 1000) },
  { name: 'another clock', weight: 1, take: shiftClock },
  { name: 'a commit that fails', weight: 1, take: failCommit },
  { name: 'a full disk', weight: 1, take: fillDisk },
  { name: 'a power cut', weight: 2, take: cutPower },
  { name: 'a kill', weight: 1, take: kill },
  { name: 'a call that hangs', weight: 1, take: hang },
  { name: 'a clean restart', weight: 1, take: restart },
  { name: 'an older database', weight: 1, take: putOldDatabaseBack },
  { name: 'a rebuild', weight: 1, take: rebuild },
  { name: 'a change of the rules', weight: 1, take: changeRules },
  { name: 'a takedown', weight: 1, take: takeDown },
  { name: 'a proof', weight: 1, take: proveSomething },
  { name: 'an emptied folder', weight: 1, take: emptyFolder },
  { name: 'a repaired folder', weight: 1, take: repairFolder },
]

export const stepNames: readonly string[] = steps.map(({ name }) => name)

/** Takes one of them. Gives its name. */
export async function takeStep(world: World): Promise<string> {
  const possible = steps.filter(({ name }) => !world.without.includes(name))
  let left = world.chance.below(possible.reduce((sum, { weight }) => sum + weight, 0))
  const step = possible.find(({ weight }) => (left -= weight) < 0)
  if (step === undefined) throw new Error('There is no step')
  await step.take(world)
  if (world.disk.isCut) await powerOn(world)
  const reason = world.running?.service.readOnly()
  if (reason !== undefined) throw new Error(`It refuses writes: ${reason}`)
  return step.name
}

async function work(world: World): Promise<void> {
  const calls = 1 + world.chance.below(callsPerBurst)
  world.trace.push(`${calls} calls`)
  await submitCalls(world, calls)
}

async function passTime({ time, trace }: World, durationMs: number): Promise<void> {
  trace.push(`${durationMs} ms`)
  await time.pass(durationMs, settle)
}

async function shiftClock({ time, chance, trace }: World): Promise<void> {
  const byMs = (chance.below(20) - 10) * 1000
  trace.push(`clock by ${byMs} ms`)
  time.shift(byMs)
}

async function failCommit(world: World): Promise<void> {
  world.disk.faults.commit = world.chance.pick(['fails', 'fails_but_persisted'])
  world.trace.push(`commit ${world.disk.faults.commit}`)
  await submitCalls(world, 3)
}

async function fillDisk(world: World): Promise<void> {
  world.trace.push('disk full')
  world.disk.faults.isFull = true
  await submitCalls(world, 2)
  await passTime(world, 1500)
  world.disk.faults.isFull = false
}

/** Cuts the power within the next operations on the disk. */
async function cutPower(world: World): Promise<void> {
  const { disk, chance, trace, time } = world
  disk.faults.cutAfter = chance.below(12)
  trace.push(`power cut after ${disk.faults.cutAfter} operations`)
  await (chance.oneIn(4) ? submitBlobs(world) : submitCalls(world, 1 + chance.below(4)))
  await time.pass(1200, settle)
  if (!disk.isCut) disk.faults.cutAfter = undefined
}

/** Ends the process where it stands. What it wrote is not lost with it, synced or not. */
async function kill(world: World): Promise<void> {
  world.trace.push('kill')
  await submitCalls(world, 2)
  world.disk.unsynced.clear()
  world.disk.isCut = true
}

/** A call that holds the thread too long: the thread is ended, and everybody who waits for it tries again. */
async function hang(world: World): Promise<void> {
  const { chance, trace } = world
  const others = Array.from({ length: 1 + chance.below(3) }, () => randomCall(chance))
  trace.push(`a call that hangs among ${others.length}`)
  await submitAll(world, [...others, { ...randomCall(chance), method: 'hang' }, randomCall(chance)])
  if (!world.disk.isCut) throw new Error('The call that hangs was answered')
  await powerOn(world)
  await submitAll(world, others)
}

async function restart(world: World): Promise<void> {
  world.trace.push('restart')
  await stop(world)
  if (world.disk.isCut) return
  checkDisk(checkedOf(world))
  checkFolder(checkedOf(world))
  await start(world)
}

/** The projection is made again from the log; where the power is cut meanwhile, the next start goes on with it. */
async function rebuild(world: World): Promise<void> {
  const { disk, chance, trace } = world
  await stop(world)
  if (disk.isCut) return
  const { replica } = openSimulatedHome(disk)
  disk.faults.commit = undefined // It was meant for the log's own commits.
  if (chance.oneIn(2)) disk.faults.cutAfter = chance.below(3)
  trace.push(disk.faults.cutAfter === undefined ? 'rebuild' : 'rebuild that is cut short')
  world.isRebuilding = true
  try {
    replica.forgetAll()
    for (const _ of replica.catchUp());
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error
    return
  }
  disk.faults.cutAfter = undefined
  world.isRebuilding = false
  checkDisk(checkedOf(world))
  await start(world)
}

async function takeDown(world: World): Promise<void> {
  const { chance, running, disk, trace } = world
  const size = disk.tables.entries.length
  const entry = chance.below(size)
  const part = chance.pick(['body', 'values', 'effects'] as const)
  const position = size % 4 // Of a value, or else of all: the same entry comes again at other sizes.
  const isOne = part === 'values' && position < 3
  const withheld: WithheldPart = isOne ? { entry, part, writes: [position] } : { entry, part }
  trace.push(`takedown of ${JSON.stringify(withheld)}`)
  const answer = running?.service
    .takeDown({ withhold: [withheld], reason: 'because' })
    .catch((error: unknown) => {
      if (!disk.isCut && !isSteleError(error)) throw error
    })
  await settle()
  if (!disk.isCut) await answer
}

async function proveSomething({ running, chance, trace, disk }: World): Promise<void> {
  trace.push('proof')
  const proof = running?.service.prove([{ object: '/', field: `f${chance.below(5)}` }])
  const answer = proof?.catch((error: unknown) => {
    if (!disk.isCut && !isSteleError(error)) throw error
  })
  await settle()
  if (!disk.isCut) await answer
}

/** Somebody empties the public folder while the service runs: the next publication fills it again, at the latest with the stop. */
async function emptyFolder(world: World): Promise<void> {
  const { disk, chance, trace } = world
  trace.push('public folder emptied')
  disk.files.clear()
  disk.unsynced.clear()
  if (chance.oneIn(2)) await submitCalls(world, 1 + chance.below(3))
  await passTime(world, chance.below(3000))
}

/** Files of the public folder are lost and damaged, and an operator repairs it: then it is whole. */
async function repairFolder(world: World): Promise<void> {
  const { disk, chance, trace, running } = world
  await passTime(world, 11_000) // Longer than a publisher ever rests.
  if (disk.isCut || running === undefined) return
  let [lost, damaged] = [0, 0]
  for (const [path, bytes] of disk.files) {
    const isProven = /\/log\/(blob|body|effects|value)\//.test(path)
    if (path !== `${logFolder}checkpoint` && chance.oneIn(3)) {
      disk.files.delete(path)
      lost++
    } else if (isProven && bytes.length > 0 && chance.oneIn(4)) {
      disk.files.set(path, bytes.subarray(1))
      damaged++
    }
  }
  trace.push(`${lost} files lost and ${damaged} damaged, repair`)
  const repairing = running.service.repairFolder({ replace: true }).catch((error: unknown) => {
    if (!disk.isCut) throw error
    return undefined
  })
  await settle()
  if (disk.isCut) return
  const report = await repairing
  if (report === undefined || report.refused !== null || report.differingCount > report.replaced) {
    throw new Error(`The public folder was not repaired: ${JSON.stringify(report)}`)
  }
  checkFolder(checkedOf(world))
}
