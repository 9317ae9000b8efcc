// What oracles ask, answered by the main thread under the number of each question.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OracleAnswer } from '@stele/entries/calls'
import { askInTime } from '../src/asking.ts'
import { maxOutsideAnswerMs } from '../src/limits.ts'
import { Answerers } from '../src/thread/answerers.ts'
import type { ThreadAsk } from '../src/thread/messages.ts'

const asked = (service: string, number: number): Parameters<Answerers['answer']>[0] => ({
  say: 'outside',
  service,
  number,
  request: { time: true },
})
const never = (): Promise<OracleAnswer> => new Promise(() => undefined)
const answers: readonly (readonly [
  what: string,
  by: Parameters<Answerers['answer']>[1],
  answer: OracleAnswer,
])[] = [
  ['a value', async () => ({ value: 1 }), { value: 1 }],
  [
    'a rejection',
    async () => Promise.reject(new Error('no')),
    { error: { name: 'OutsideError', message: 'no' } },
  ],
  [
    'nobody',
    undefined,
    { error: { name: 'NotAllowedError', message: 'Nothing outside may be asked here' } },
  ],
]
for (const [what, by, answer] of answers) {
  test(`answer() posts the answer under its number when it is ${what}`, async () => {
    const posted: ThreadAsk[] = []
    await new Answerers((message) => posted.push(message)).answer(asked('a', 7), by)
    assert.deepEqual(posted, [{ outside: 7, answer }])
  })
}

test('end() answers what is still asked of that service, and tells whoever works on it', async () => {
  const posted: ThreadAsk[] = []
  const answerers = new Answerers((message) => posted.push(message))
  const ended: string[] = []
  const work =
    (name: string) =>
    (_request: unknown, signal: AbortSignal): Promise<OracleAnswer> => {
      signal.addEventListener('abort', () => ended.push(name))
      return never()
    }
  const [first, second] = [
    answerers.answer(asked('a', 1), work('a')),
    answerers.answer(asked('b', 2), work('b')),
  ]
  answerers.end('a')
  await first
  assert.deepEqual([ended, posted.length], [['a'], 1])
  answerers.end()
  await second
  const answer = { error: { name: 'OutsideError', message: 'The service is closed' } }
  assert.deepEqual(posted, [
    { outside: 1, answer },
    { outside: 2, answer },
  ])
})

test('askInTime() gives TimeoutError when nobody answers, and cancels its timer when somebody does', async () => {
  const timers: { readonly delayMs: number; readonly work: () => void }[] = []
  let cancelled = 0
  const after = (delayMs: number, work: () => void): (() => void) => {
    timers.push({ delayMs, work })
    return () => void cancelled++
  }
  const ports = { after, every: () => assert.fail() }
  const late = askInTime(never, ports)('a')
  assert.equal(timers[0]?.delayMs, maxOutsideAnswerMs)
  timers[0]?.work()
  const error = { name: 'TimeoutError', message: 'Nobody answered within 12 s' }
  assert.deepEqual(await late, { error })
  assert.deepEqual(await askInTime(async () => ({ value: 1 }), ports)('a'), { value: 1 })
  await assert.rejects(askInTime(async () => Promise.reject(new Error('gone')), ports)('a'), /gone/)
  assert.equal(cancelled, 3)
})
