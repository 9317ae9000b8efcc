import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { isSteleError } from '@stele/errors'
import { createFetch, type FetchPorts } from '../src/sources/fetch.ts'
import type { Answer } from '../src/sources/http-request.ts'

type Said = Omit<Partial<Answer>, 'body'> & { readonly text?: string }

/** Gives these answers, one after the other; tells what was asked and waited for. */
function scripted(answers: readonly (Said | Error)[]) {
  const asked: string[] = []
  const waited: number[] = []
  const rest = [...answers]
  const request: FetchPorts['request'] = async (url) => {
    asked.push(url.href)
    const answer = rest.shift()
    if (answer === undefined || answer instanceof Error)
      throw answer ?? new Error('No answer is left')
    const { text = '', ...others } = answer
    const body = (async function* () {
      yield Buffer.from(text)
    })()
    return { status: 200, isGzip: false, cancel: () => undefined, ...others, body }
  }
  const wait = async (delayMs: number): Promise<void> => void waited.push(delayMs)
  return {
    asked,
    waited,
    fetch: createFetch({ root: 'https://registry.example/npm' }, { request, wait, every }),
  }
}

/** For tests in which no time goes by. */
const every = () => () => undefined

const refusedConnection = (): Error =>
  new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })

suite('createFetch()', () => {
  test('createFetch() gives status and bytes below the root', async () => {
    const { asked, fetch } = scripted([{ text: 'key' }])
    const { status, bytes } = await fetch('/-/log/key', 10)
    assert.deepEqual([status, Buffer.from(bytes).toString()], [200, 'key'])
    assert.deepEqual(asked, ['https://registry.example/npm/-/log/key'])
  })

  test('createFetch() gives one byte more than the limit when there are more', async () => {
    const { fetch } = scripted([{ text: 'x'.repeat(100) }, { text: 'x'.repeat(10) }])
    assert.equal((await fetch('/a', 10)).bytes.length, 11)
    assert.equal((await fetch('/a', 10)).bytes.length, 10)
  })

  const threeChunks = (chunkOf: (filled: number) => Uint8Array, sizeBytes: number | undefined) => {
    const body = (async function* () {
      for (const filled of [1, 2, 3]) yield chunkOf(filled)
    })()
    const told = sizeBytes === undefined ? {} : { sizeBytes }
    const answer = { status: 200, isGzip: false, cancel: () => undefined, body, ...told }
    const ports = { request: async () => answer, wait: async () => undefined, every }
    return createFetch({ root: 'https://registry.example' }, ports)
  }
  const all = [1, 2, 3].flatMap((filled) => Array.from({ length: 200 }, () => filled))
  // What a server says of a body of 600 bytes in three chunks, and how much of it is wanted
  for (const [sizeBytes, maxBytes] of [
    [600, 1000],
    [600, 599],
    [600, 100],
    [undefined, 1000],
    [undefined, 599],
    [100, 1000],
    [10_000, 600],
  ] as const) {
    test(`createFetch() gives up to ${maxBytes} bytes and one more of chunks that are said to be ${sizeBytes} in all`, async () => {
      const fetch = threeChunks((filled) => Buffer.alloc(200, filled), sizeBytes)
      assert.deepEqual([...(await fetch('/a', maxBytes)).bytes], all.slice(0, maxBytes + 1))
    })
  }

  test('createFetch() keeps no chunk of a large body beside what it makes of them', async () => {
    const chunk = Buffer.alloc(200)
    const fetch = threeChunks((filled) => chunk.fill(filled), 600)
    assert.deepEqual([...(await fetch('/a', 1000)).bytes], all)
  })

  test('createFetch() gives 404 without another try', async () => {
    const { waited, fetch } = scripted([{ text: '', status: 404 }])
    assert.equal((await fetch('/a', 10)).status, 404)
    assert.deepEqual(waited, [])
  })

  test('createFetch() tries again when the network or the server fails', async () => {
    const busy = { text: '', status: 503 }
    const { waited, fetch } = scripted([refusedConnection(), busy, { text: 'at last' }])
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
    const { fetch } = scripted([500, 502, 500].map((status) => ({ status })))
    await assert.rejects(fetch('/a', 10), (error: unknown) => isSteleError(error, 'server_refused'))
  })

  const redirects: readonly (readonly [location: string, title: string, followed: boolean])[] = [
    ['https://registry.example/other/a', 'follows a redirect on the same host', true],
    ['/other/a', 'follows a relative redirect', true],
    ['https://elsewhere.example/npm/a', 'refuses a redirect to another host', false],
  ]
  for (const [location, title, followed] of redirects) {
    test(`createFetch() ${title}`, async () => {
      const { asked, fetch } = scripted([{ status: 302, location }, { text: 'there' }])
      const done = fetch('/a', 10)
      if (followed) assert.equal(Buffer.from((await done).bytes).toString(), 'there')
      else await assert.rejects(done, /it redirects to https:\/\/elsewhere.example/)
      assert.equal(asked.length, followed ? 2 : 1)
    })
  }

  test('createFetch() sends credentials to the registry alone, not where it redirects to', async () => {
    const sent: (readonly [string, string | undefined])[] = []
    const answers = [{ status: 302, location: 'http://registry.example/npm/b' }, { status: 404 }]
    const request: FetchPorts['request'] = async (url, { authorization }) => {
      sent.push([url.href, authorization])
      const body = (async function* () {})()
      return { status: 500, isGzip: false, body, cancel: () => undefined, ...answers.shift() }
    }
    const root = 'https://registry.example/npm'
    const wait = async (): Promise<void> => undefined
    const fetch = createFetch({ root, authorization: 'Bearer t' }, { request, wait, every })
    assert.equal((await fetch('/a', 10)).status, 404)
    assert.deepEqual(sent, [
      ['https://registry.example/npm/a', 'Bearer t'],
      ['http://registry.example/npm/b', undefined],
    ])
  })

  test('createFetch() does not follow redirects for ever', async () => {
    const { fetch } = scripted(Array.from({ length: 20 }, () => ({ status: 301, location: '/a' })))
    await assert.rejects(fetch('/a', 10), { code: 'server_refused' })
  })

  test('createFetch() unpacks what was packed, up to the limit', async () => {
    const packed = gzipSync(Buffer.alloc(100, 'x'))
    const request: FetchPorts['request'] = async () => ({
      status: 200,
      isGzip: true,
      cancel: () => undefined,
      body: (async function* () {
        yield packed
      })(),
    })
    const fetch = createFetch(
      { root: 'https://registry.example' },
      {
        request,
        wait: async () => undefined,
        every,
      },
    )
    assert.equal((await fetch('/a', 100)).bytes.length, 100)
    assert.equal((await fetch('/a', 99)).bytes.length, 100)
  })

  const kib = 1024
  // KiB that come before each look at the pace, and after which of them the server is given up
  const paces: readonly (readonly [cameKib: readonly number[], givenUpAt: number | undefined])[] = [
    [[1], undefined],
    [[0, 60, 60], undefined],
    [[0, 59], 2],
    [[100, 100, 1], 3],
  ]
  for (const [cameKib, givenUpAt] of paces) {
    test(`createFetch() ${givenUpAt === undefined ? 'waits on' : 'gives the server up'} when ${cameKib.join(', ')} KiB come in 30 seconds each`, async () => {
      const looks: (() => void)[] = []
      let [asked, looked] = [0, 0]
      const request: FetchPorts['request'] = async (_url, _accept, signal) => {
        asked++
        const body = (async function* () {
          for (const sizeKib of cameKib) {
            yield Buffer.alloc(sizeKib * kib)
            for (const look of looks) look()
            looked++
            signal.throwIfAborted()
          }
        })()
        return { status: 200, isGzip: false, cancel: () => undefined, body }
      }
      const fetch = createFetch(
        { root: 'https://registry.example' },
        {
          request,
          wait: async () => undefined,
          every: (periodMs, work) => {
            assert.equal(periodMs, 30_000)
            looks.push(work)
            return () => void looks.splice(0)
          },
        },
      )
      const done = fetch('/a', 1000 * kib)
      if (givenUpAt === undefined) {
        const sentKib = cameKib.reduce((sum, one) => sum + one, 0)
        assert.equal((await done).bytes.length, sentKib * kib)
      } else await assert.rejects(done, /it sent less than 60 KiB in 30 seconds/)
      assert.deepEqual([asked, looked, looks.length], [1, givenUpAt ?? cameKib.length, 0])
    })
  }

  test('createFetch() gives up an answer that takes longer than somebody waits, however much of it comes', async () => {
    const timers = new Map<number, () => void>()
    const request: FetchPorts['request'] = async (_url, _accept, signal) => {
      const body = (async function* () {
        yield Buffer.alloc(1000 * kib)
        timers.get(7000)?.()
        signal.throwIfAborted()
      })()
      return { status: 200, isGzip: false, cancel: () => undefined, body }
    }
    const fetch = createFetch(
      { root: 'https://registry.example', patienceMs: 7000 },
      {
        request,
        wait: () => assert.fail('It is not asked again'),
        every: (periodMs, work) => {
          timers.set(periodMs, work)
          return () => void timers.delete(periodMs)
        },
      },
    )
    await assert.rejects(fetch('/a', 2000 * kib), (error: unknown) => {
      assert.ok(isSteleError(error, 'server_unreachable'))
      assert.deepEqual(error.details, {
        url: 'https://registry.example/a',
        reason: 'it took more than 7 seconds',
        isLate: true,
      })
      return true
    })
    assert.equal(timers.size, 0)
  })
})
