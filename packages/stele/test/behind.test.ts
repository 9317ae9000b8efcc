// Work that nobody waits for: when it begins, how much of it at once, and when it is not done at all.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Behind, createBehind } from '../src/upstream/behind.ts'
import { behindAtOnce, behindMostMs, behindQuietMs, maxBehind } from '../src/upstream/limits.ts'

type World = {
  readonly behind: Behind
  readonly pass: (timeMs: number) => Promise<void>
  /** Work that ends when it is told to, and what became of each piece. */
  readonly add: (name: string) => void
  readonly end: (name: string) => Promise<void>
  readonly begun: string[]
  readonly became: Map<string, unknown>
}

function open(t: TestContext): World {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let nowMs = 0
  const behind = createBehind(() => nowMs)
  const begun: string[] = []
  const became = new Map<string, unknown>()
  const ends = new Map<string, (value: string) => void>()
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return {
    behind,
    begun,
    became,
    pass: async (timeMs) => {
      nowMs += timeMs
      t.mock.timers.tick(timeMs)
      await turn()
    },
    add: (name) => {
      const work = (): Promise<string> => {
        begun.push(name)
        const { promise, resolve } = Promise.withResolvers<string>()
        ends.set(name, resolve)
        return promise
      }
      behind.run(work).then(
        (value) => became.set(name, value),
        (error: unknown) => became.set(name, error),
      )
    },
    end: async (name) => {
      ends.get(name)?.(`${name} done`)
      await turn()
    },
  }
}

test('run() begins at once when nobody asked for anything', (t) => {
  const { add, begun } = open(t)
  add('a')
  assert.deepEqual(begun, ['a'])
})

test('run() waits until requests are quiet', async (t) => {
  const { behind, add, pass, begun } = open(t)
  behind.noteRequest()
  add('a')
  await pass(behindQuietMs - 1)
  behind.noteRequest()
  await pass(behindQuietMs - 1)
  assert.deepEqual(begun, [])
  await pass(1)
  assert.deepEqual(begun, ['a'])
})

test('run() begins all the same when requests are never quiet', async (t) => {
  const { behind, add, pass, begun } = open(t)
  behind.noteRequest()
  add('a')
  for (let passedMs = 0; passedMs < behindMostMs; passedMs += behindQuietMs / 2) {
    assert.deepEqual(begun, [])
    await pass(behindQuietMs / 2)
    behind.noteRequest()
  }
  await pass(0)
  assert.deepEqual(begun, ['a'])
})

test('run() begins a few at once, and looks between them whether somebody asks', async (t) => {
  const { behind, add, end, pass, begun, became } = open(t)
  const names = Array.from({ length: behindAtOnce + 2 }, (_, at) => `work-${at}`)
  for (const name of names) add(name)
  assert.deepEqual(begun, names.slice(0, behindAtOnce))
  await end('work-0')
  assert.deepEqual(begun, names.slice(0, behindAtOnce + 1))
  behind.noteRequest()
  await end('work-1')
  assert.deepEqual(begun, names.slice(0, behindAtOnce + 1))
  await pass(behindQuietMs)
  assert.deepEqual(begun, names)
  assert.equal(became.get('work-0'), 'work-0 done')
})

test('run() rejects with what the work throws, and goes on with the next', async (t) => {
  const { behind, add, pass, begun } = open(t)
  const failing = behind.run(() => Promise.reject(new Error('no')))
  await assert.rejects(failing, { message: 'no' })
  add('a')
  await pass(0)
  assert.deepEqual(begun, ['a'])
})

test('close() does nothing more of what has not begun', async (t) => {
  const { behind, add, end, pass, begun, became } = open(t)
  add('a')
  behind.noteRequest()
  add('b')
  behind.close()
  add('c')
  await end('a')
  await pass(behindMostMs)
  assert.deepEqual(begun, ['a'])
  assert.deepEqual(
    became,
    new Map([
      ['a', 'a done'],
      ['b', undefined],
      ['c', undefined],
    ]),
  )
})

test('run() leaves out what is too much', async (t) => {
  const { behind, add, pass, became } = open(t)
  behind.noteRequest()
  for (let at = 0; at <= maxBehind; at++) add(`work-${at}`)
  await pass(0)
  assert.deepEqual([...became], [[`work-${maxBehind}`, undefined]])
})
