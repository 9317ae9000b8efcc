// What was taken down is erased until nothing is left, and the operator is told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startErasing } from '../src/erasing.ts'
import type { ServiceEvent, ServicePorts } from '../src/ports.ts'

const reason = 'another program is reading the database'
const unfinished = {
  event: 'takedown_unfinished',
  reason: `not gone from the disk yet: ${reason}`,
} as const
const finished = { event: 'takedown_finished' } as const

/** Erasing over a store that another program reads while `isRead`. */
function erasingOf(isRead: boolean) {
  const world = { isRead, tries: 0, events: [] as ServiceEvent[], due: new Set<() => void>() }
  const eraseWithheld = (): string | undefined => {
    world.tries++
    return world.isRead ? reason : undefined
  }
  const erasing = startErasing({
    home: { store: { eraseWithheld } } as unknown as ServicePorts['home'],
    timers: {
      after: (_delayMs, work) => {
        world.due.add(work)
        return () => void world.due.delete(work)
      },
      every: () => () => undefined,
    },
    report: (event) => world.events.push(event),
  })
  const pass = (): void => {
    const due = [...world.due]
    world.due.clear()
    for (const work of due) work()
  }
  return { world, erasing, pass }
}

test('erase() tells nothing and tries no more when nothing is left', () => {
  const { world, erasing } = erasingOf(false)
  assert.equal(erasing.erase(), undefined)
  assert.deepEqual([world.events, world.due.size], [[], 0])
})

test('erase() tries again until nothing is left when the database is read, and tells of both once', () => {
  const { world, erasing, pass } = erasingOf(true)
  assert.equal(erasing.erase(), reason)
  pass()
  pass()
  assert.deepEqual([world.tries, world.events], [3, [unfinished]])
  world.isRead = false
  pass()
  assert.deepEqual([world.tries, world.events], [4, [unfinished, finished]])
  pass()
  assert.equal(world.tries, 4)
})

test('erase() leaves one try due when two takedowns wait, and none after it has worked', () => {
  const { world, erasing } = erasingOf(true)
  erasing.erase()
  erasing.erase()
  assert.equal(world.due.size, 1)
  world.isRead = false
  assert.equal(erasing.erase(), undefined)
  assert.equal(world.due.size, 0)
  assert.deepEqual(world.events, [unfinished, finished])
})

test('stop() ends the tries', () => {
  const { world, erasing } = erasingOf(true)
  erasing.erase()
  erasing.stop()
  assert.equal(world.due.size, 0)
})
