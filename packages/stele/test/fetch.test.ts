import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { createFetch } from '../src/verify/fetch.ts'

type Answer = Response | Error

/** Gives these answers, one after the other; tells what was asked and waited for. */
function scripted(answers: readonly Answer[]) {
  const asked: string[] = []
  const waited: number[] = []
  const rest = [...answers]
  const request: typeof fetch = async (url) => {
    asked.push(String(url instanceof Request ? url.url : url))
    const answer = rest.shift()
    if (answer instanceof Response) return answer
    throw answer ?? new Error('No answer is left')
  }
  const wait = async (delayMs: number): Promise<void> => void waited.push(delayMs)
  return { asked, waited, fetch: createFetch('https://registry.example/npm', { request, wait }) }
}

const refusedConnection = (): Error =>
  new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })

suite('createFetch()', () => {
  test('createFetch() gives status and bytes below the root', async () => {
    const { asked, fetch } = scripted([new Response('key')])
    const { status, bytes } = await fetch('/-/log/key', 10)
    assert.deepEqual([status, Buffer.from(bytes).toString()], [200, 'key'])
    assert.deepEqual(asked, ['https://registry.example/npm/-/log/key'])
  })

  test('createFetch() gives one byte more than the limit when there are more', async () => {
    const { fetch } = scripted([new Response('x'.repeat(100)), new Response('x'.repeat(10))])
    assert.equal((await fetch('/a', 10)).bytes.length, 11)
    assert.equal((await fetch('/a', 10)).bytes.length, 10)
  })

  test('createFetch() gives 404 without another try', async () => {
    const { waited, fetch } = scripted([new Response('', { status: 404 })])
    assert.equal((await fetch('/a', 10)).status, 404)
    assert.deepEqual(waited, [])
  })

  test('createFetch() tries again when the network or the server fails', async () => {
    const busy = new Response('', { status: 503 })
    const { waited, fetch } = scripted([refusedConnection(), busy, new Response('at last')])
    assert.equal((await fetch('/a', 10)).status, 200)
    assert.deepEqual(waited, [300, 1500])
  })

  test('createFetch() throws server_unreachable with the cause when three tries fail', async () => {
    const { fetch } = scripted([refusedConnection(), refusedConnection(), refusedConnection()])
    await assert.rejects(fetch('/a', 10), (error: unknown) => {
      assert.ok(isSteleError(error, 'server_unreachable'))
      assert.equal(error.details.reason, 'connect ECONNREFUSED')
      return true
    })
  })

  test('createFetch() throws server_refused when the server goes on failing', async () => {
    const { fetch } = scripted([500, 502, 500].map((status) => new Response('', { status })))
    await assert.rejects(fetch('/a', 10), (error: unknown) => isSteleError(error, 'server_refused'))
  })
})
