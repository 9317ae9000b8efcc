// An older copy of the database, put back under a public folder that has seen the newer one.
import { parseCheckpoint } from '@stele/tlog/keys'
import { parseNote } from '@stele/tlog/notes'
import { submitCalls } from './calls.ts'
import type { Tables } from './disk.ts'
import { settle, start, stop, type World } from './world.ts'

/** An older copy of the database in place of the newest: nothing may be written or published until it is back. */
export async function putOldDatabaseBack(world: World): Promise<void> {
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
    disk.faults.commit = undefined // It was meant for the log's own commits: this one makes none.
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
  if (world.running?.service.readOnly() === undefined)
    throw new Error('It takes writes on an old database')
  const promised = world.acknowledged.length
  await submitCalls(world, 2)
  if (world.acknowledged.length > promised) throw new Error('It wrote to an old database')
  await time.pass(31 * 60 * 1000, settle)
  await stop(world)
  const found = disk.files.get('-/log/checkpoint')
  if (Buffer.compare(found ?? Buffer.alloc(0), note ?? Buffer.alloc(0)) !== 0)
    throw new Error('It published an old database')
  if (disk.tables.head?.size !== old.head?.size) throw new Error('It extended an old database')
}
