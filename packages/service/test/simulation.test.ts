// A service under power cuts, full disks, failing commits, wrong clocks and old databases; and faults put in on purpose.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blobPath, logFolder } from '@stele/entries/paths'
import { roundsOf } from '@stele/testkit'
import { type Disk, type SimulationOptions, simulate, stepNames } from '@stele/testkit/simulation'
import type { ServiceHome } from '../src/ports.ts'

const seeds = roundsOf({ modest: 10, full: 100 })

test(`simulate() finds nothing wrong in the first ${seeds} seeds`, async () => {
  let [powerCuts, acknowledged] = [0, 0]
  const left = new Set(stepNames)
  for (let seed = 0; seed < seeds; seed++) {
    const report = await simulate(seed)
    for (const name of report.taken) left.delete(name)
    powerCuts += report.powerCuts
    acknowledged += report.acknowledged
  }
  assert.ok(powerCuts > seeds, 'The power is cut again and again')
  assert.ok(acknowledged > 10 * seeds, 'Work is done')
  assert.deepEqual([...left], [], 'Everything happens that can')
})

test('simulate() does the same again when the seed is the same', async () => {
  assert.deepEqual(await simulate(7), await simulate(7))
})

const lostCommits = /in the log|shrinks|put back|what was acknowledged/

/** What an honest disk never does, and what notices it. */
const faults: readonly (readonly [
  fault: string,
  spoil: NonNullable<SimulationOptions['spoil']>,
  noticed: RegExp,
  without?: readonly string[],
])[] = [
  ['commits are lost that were said to be durable', losingCommits, lostCommits],
  ['the checkpoint reaches the disk before its tiles', syncingNothing, /public folder/],
  ['a projection misses an entry', missingEntries, /projection/i],
  ['a large blob is called durable and is not', losingBlobs, /the blob/],
  ['a rebuild stops where it was cut short', restingRebuilds, /projection/i],
  ['the next start runs the script of the beginning', runningOldScripts, /the script of entry/],
  // A repair that cannot see the folder is noticed, too.
  [
    'nobody looks what was published before',
    forgettingWhatWasPublished,
    /old database/,
    ['a repaired folder'],
  ],
]
for (const [fault, spoil, noticed, without = []] of faults) {
  test(`simulate() fails when ${fault}`, async () => {
    let found: unknown
    for (let seed = 0; seed < 50 && found === undefined; seed++) {
      found = await simulate(seed, { spoil, without }).then(
        () => undefined,
        (error: unknown) => error,
      )
    }
    assert.ok(found instanceof Error)
    assert.match(found.message, noticed)
    assert.match(found.message, /^Seed \d+: /)
  })
}

/** A disk that says "durable" of what a power cut still takes. */
function losingCommits(home: ServiceHome, disk: Disk): ServiceHome {
  const newest = disk.history.at(-1)
  if (disk.tables === newest) disk.tables = disk.history.at(-2) ?? newest
  return home
}

function syncingNothing(home: ServiceHome): ServiceHome {
  const { publicFolder } = home
  assert.ok(publicFolder)
  return { ...home, publicFolder: { ...publicFolder, sync: async () => undefined } }
}

function missingEntries(home: ServiceHome): ServiceHome {
  const { replica, store } = home
  const commit: typeof store.commit = (group) => {
    const logged = group.logged.map((entry) =>
      entry.index % 7 === 5 ? { ...entry, writes: [] } : entry,
    )
    return store.commit({ ...group, logged })
  }
  return { ...home, replica, store: { ...store, commit } }
}

function losingBlobs(home: ServiceHome): ServiceHome {
  const keepBlobs: typeof home.keepBlobs = async (blobs) =>
    blobs.map((blob) =>
      'bytes' in blob && blob.bytes.length > 1_000
        ? { name: blob.name, storedBytes: blob.bytes.length }
        : blob,
    )
  return { ...home, keepBlobs }
}

function restingRebuilds(home: ServiceHome): ServiceHome {
  return { ...home, replica: { ...home.replica, catchUp: function* () {} } }
}

/** Once a script is published, nobody but a start reads it. */
function runningOldScripts(home: ServiceHome, { files }: Disk): ServiceHome {
  const { store } = home
  const { blobs } = store
  const read: typeof blobs.read = (name) => {
    const bytes = blobs.read(name)
    const isScript = bytes !== undefined && Buffer.from(bytes).toString().startsWith('simulated ')
    const [first] = blobs.after(0) // The genesis entry brings the script first.
    if (!isScript || first === undefined) return bytes
    return files.has(`${logFolder}${blobPath(name)}`) ? blobs.read(first.name) : bytes
  }
  return { ...home, store: { ...store, blobs: { ...blobs, read } } }
}

function forgettingWhatWasPublished(home: ServiceHome): ServiceHome {
  return { ...home, published: { ...home.published, read: () => undefined, list: () => [] } }
}
