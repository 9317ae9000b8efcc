// A service under power cuts, full disks, failing commits, wrong clocks and old databases; and faults put in on purpose.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Disk, type SimulationOptions, simulate } from '@stele/testkit/simulation'
import type { ServiceHome } from '../src/ports.ts'

const seeds = 25

test(`simulate() finds nothing wrong in the first ${seeds} seeds`, async () => {
  let [powerCuts, acknowledged] = [0, 0]
  for (let seed = 0; seed < seeds; seed++) {
    const report = await simulate(seed)
    powerCuts += report.powerCuts
    acknowledged += report.acknowledged
  }
  assert.ok(powerCuts > seeds, 'The power is cut again and again')
  assert.ok(acknowledged > 10 * seeds, 'Work is done')
})

test('simulate() does the same again when the seed is the same', async () => {
  assert.deepEqual(await simulate(7), await simulate(7))
})

/** What an honest disk never does, and what notices it. */
const faults: readonly (readonly [
  fault: string,
  spoil: NonNullable<SimulationOptions['spoil']>,
  noticed: RegExp,
])[] = [
  ['commits are lost that were said to be durable', losingCommits, /in the log|shrinks|put back/],
  ['the checkpoint reaches the disk before its tiles', syncingNothing, /public folder/],
  ['a projection misses an entry', missingEntries, /projection/i],
  ['nobody looks what was published before', forgettingWhatWasPublished, /old database/],
]
for (const [fault, spoil, noticed] of faults) {
  test(`simulate() fails when ${fault}`, async () => {
    let found: unknown
    for (let seed = 0; seed < 50 && found === undefined; seed++) {
      found = await simulate(seed, { spoil }).then(
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

function forgettingWhatWasPublished(home: ServiceHome): ServiceHome {
  return { ...home, published: { read: () => undefined, list: () => [] } }
}
