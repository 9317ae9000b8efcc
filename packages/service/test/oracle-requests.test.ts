import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OracleAnswer } from '@stele/entries/calls'
import type { ThreadAsk } from '../src/thread/messages.ts'
import { OracleRequests } from '../src/thread/oracle-requests.ts'

const request = (service: string, number: number): Parameters<OracleRequests['answer']>[0] => ({
  say: 'oracle_request',
  service,
  number,
  request: { time: true },
})
const never = (): Promise<OracleAnswer> => new Promise(() => undefined)
const answers: readonly (readonly [
  what: string,
  by: Parameters<OracleRequests['answer']>[1],
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
    await new OracleRequests((message) => posted.push(message)).answer(request('a', 7), by)
    assert.deepEqual(posted, [{ oracleRequest: 7, answer }])
  })
}

test('end() answers what is still asked of that service, and tells whoever works on it', async () => {
  const posted: ThreadAsk[] = []
  const requests = new OracleRequests((message) => posted.push(message))
  const ended: string[] = []
  const work =
    (name: string) =>
    (_request: unknown, signal: AbortSignal): Promise<OracleAnswer> => {
      signal.addEventListener('abort', () => ended.push(name))
      return never()
    }
  const [first, second] = [
    requests.answer(request('a', 1), work('a')),
    requests.answer(request('b', 2), work('b')),
  ]
  requests.end('a')
  await first
  assert.deepEqual([ended, posted.length], [['a'], 1])
  requests.end()
  await second
  const answer = { error: { name: 'OutsideError', message: 'The service is closed' } }
  assert.deepEqual(posted, [
    { oracleRequest: 1, answer },
    { oracleRequest: 2, answer },
  ])
})
