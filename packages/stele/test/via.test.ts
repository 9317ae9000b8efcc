// Questions that registries ask each other, and which of them go in a circle.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { App, Incoming, Reply } from '@stele/http'
import { maxHops } from '../src/upstream/limits.ts'
import { passVia, refuseLoop, viaHeaders } from '../src/upstream/via.ts'

const header = 'x-stele-via'
const own = viaHeaders()[header] ?? ''
const other = 'a'.repeat(16)

/** What is said with a question that is asked while a request with such a header is answered, and whether it may be asked. */
async function askWith(text: string | undefined, upstream?: string) {
  let said = ''
  let isRefused = false
  const app: App = async (): Promise<Reply> => {
    await Promise.resolve()
    said = viaHeaders()[header] ?? ''
    try {
      refuseLoop(upstream, 'a')
    } catch (error) {
      assert.equal(Object(error).code, 'upstream_loop')
      isRefused = true
    }
    return { status: 200, headers: {} }
  }
  const incoming: Incoming = {
    method: 'GET',
    url: '/a',
    headers: text === undefined ? {} : { [header]: text },
    peer: '127.0.0.1',
    isTls: false,
    httpVersion: '1.1',
    body: async () => new Uint8Array(),
    stream: () => assert.fail(),
  }
  await passVia(app)(incoming)
  return { said, isRefused }
}

const rows: readonly (readonly [
  title: string,
  text: string | undefined,
  said: string,
  isRefused: boolean,
])[] = [
  ['names itself alone when nobody asks on behalf of others', undefined, own, false],
  ['names whom the question came through, and itself last', other, `${other} ${own}`, false],
  ['refuses what began here', `${own} ${other}`, `${own} ${other} ${own}`, true],
  ['counts what is no name, and does not tell it on', 'x; y', `unknown unknown ${own}`, false],
  [
    'refuses what came through too many',
    Array(maxHops + 5)
      .fill(other)
      .join(' '),
    `${Array(maxHops).fill(other).join(' ')} ${own}`,
    true,
  ],
]

for (const [title, text, said, isRefused] of rows) {
  test(`passVia() ${title}`, async () => {
    assert.deepEqual(await askWith(text, 'up'), { said, isRefused })
  })
}

test('refuseLoop() lets everything pass that is asked of no upstream', async () => {
  const { isRefused } = await askWith(`${own} ${other}`)
  assert.equal(isRefused, false)
})
