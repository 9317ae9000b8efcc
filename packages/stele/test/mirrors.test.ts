// Mirrors of every kind: who is asked next, who is named, and what is said when none is left.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { setImmediate as setImmediatePromise } from 'node:timers/promises'
import { isSteleError, SteleError } from '@stele/errors'
import { openMirrors } from '../src/mnpm/mirrors.ts'

const right = Buffer.from('the right bytes')
const sha512 = hash('sha512', right)
const wanted = { name: '@scope/left', version: '1.0.0', sha512 }
const good = 'http://good.example'
const other = Buffer.from('swapped')
const maxBytes = 1000

type Answer = { readonly status: number; readonly bytes: Uint8Array }

/** What a mirror does, and what is told of it. */
const faults: readonly (readonly [
  what: string,
  answer: (url: string) => Answer,
  told: { readonly reason: string; readonly wanted?: string; readonly found?: string },
])[] = [
  [
    'is down',
    (url) => {
      throw new SteleError('server_unreachable', { url, reason: 'connect ECONNREFUSED' })
    },
    { reason: 'connect ECONNREFUSED' },
  ],
  [
    'is slow',
    (url) => {
      throw new SteleError('server_unreachable', { url, reason: 'it said nothing for 15 seconds' })
    },
    { reason: 'it said nothing for 15 seconds' },
  ],
  [
    'redirects elsewhere',
    (url) => {
      throw new SteleError('server_refused', { url, status: 302, message: 'it redirects' })
    },
    { reason: 'it redirects' },
  ],
  [
    'does not have it',
    () => ({ status: 404, bytes: new Uint8Array(0) }),
    { reason: 'it answers with status 404' },
  ],
  [
    'cuts it short',
    () => ({ status: 200, bytes: right.subarray(0, 5) }),
    { reason: 'it gives other bytes', wanted: sha512, found: hash('sha512', right.subarray(0, 5)) },
  ],
  [
    'never ends',
    () => ({ status: 200, bytes: Buffer.alloc(maxBytes + 1) }),
    { reason: `it gives more than ${maxBytes} bytes` },
  ],
  [
    'gives another tarball',
    () => ({ status: 200, bytes: other }),
    { reason: 'it gives other bytes', wanted: sha512, found: hash('sha512', other) },
  ],
]

for (const [what, answer, told] of faults) {
  test(`openMirrors() names a mirror that ${what}, asks the next, and asks it last from then on`, async () => {
    const asked: string[] = []
    const bad = 'http://bad.example/base'
    const open = () => async (url: string) => {
      asked.push(url)
      return url.startsWith(bad) ? answer(url) : { status: 200, bytes: right }
    }
    const mirrors = openMirrors([bad, good], { open, maxBytes })
    assert.deepEqual(await mirrors.fetch(wanted), right)
    assert.deepEqual(mirrors.faults, [{ mirror: bad, spec: '@scope/left@1.0.0', ...told }])
    await mirrors.fetch(wanted)
    const path = '%40scope/left/left-v1.0.0.tgz'
    assert.deepEqual(asked, [`${bad}/${path}`, `${good}/${path}`, `${good}/${path}`])
    assert.deepEqual([...mirrors.given], [[good, 2]])
  })

  test(`openMirrors() says what it tried when every mirror ${what}`, async () => {
    const mirrors = openMirrors(['http://one.example', 'http://two.example'], {
      open: () => async (url: string) => answer(url),
      maxBytes,
    })
    await assert.rejects(mirrors.fetch(wanted), (error) => {
      assert.ok(isSteleError(error, 'mirrors_failed'))
      assert.deepEqual(
        error.details.tried.map(({ mirror }) => mirror),
        ['http://one.example', 'http://two.example'],
      )
      for (const digest of [told.wanted, told.found]) {
        if (digest !== undefined) assert.ok(error.lines.every((line) => line.includes(digest)))
      }
      return true
    })
  })
}

const slow = 'http://slow.example'
/** Gives the right bytes to whoever waits for them. */
const drip = (url: string, patienceMs: number | undefined): Answer => {
  if (patienceMs === undefined) return { status: 200, bytes: right }
  const reason = `it took more than ${patienceMs / 1000} seconds`
  throw new SteleError('server_unreachable', { url, reason, isLate: true })
}

test('openMirrors() waits for no mirror that drips while another has the same', async () => {
  const mirrors = openMirrors([slow, good], {
    open: (mirror, patienceMs) => async (url) =>
      mirror === slow ? drip(url, patienceMs) : { status: 200, bytes: right },
  })
  assert.deepEqual(await mirrors.fetch(wanted), right)
  assert.deepEqual(
    mirrors.faults.map(({ mirror, reason }) => [mirror, reason]),
    [[slow, 'it took more than 120 seconds']],
  )
  assert.deepEqual([...mirrors.given], [[good, 1]])
})

test('openMirrors() waits once for a mirror that drips, though many large tarballs wait for their turn', async () => {
  const large = Buffer.alloc(200)
  let waits = 0
  const { fetch, given } = openMirrors([slow, good], {
    open: (mirror, patienceMs) => async (url, limit) => {
      if (mirror !== slow || limit < 200)
        return { status: 200, bytes: large.subarray(0, limit + 1) }
      waits++
      return drip(url, patienceMs)
    },
    maxBytes,
    sharedBytes: 100,
  })
  const all = Array.from({ length: 8 }, () => fetch({ ...wanted, sha512: hash('sha512', large) }))
  for (const bytes of await Promise.all(all)) assert.equal(bytes.length, 200)
  assert.deepEqual([waits, [...given]], [1, [[good, 8]]])
})

for (const others of [[], ['http://bad.example']]) {
  test(`openMirrors() waits for a mirror that drips where ${others.length} others have nothing`, async () => {
    const mirrors = openMirrors([slow, ...others], {
      open: (mirror, patienceMs) => async (url) =>
        mirror === slow ? drip(url, patienceMs) : { status: 404, bytes: other },
    })
    assert.deepEqual(await mirrors.fetch(wanted), right)
    assert.deepEqual([...mirrors.given], [[slow, 1]])
  })
}

test('openMirrors() asks where the template says', async () => {
  const asked: string[] = []
  const template = '{mirror}/-/log/blob/{sha512}'
  const open = () => async (url: string) => (asked.push(url), { status: 200, bytes: right })
  await openMirrors([good], { open, template }).fetch(wanted)
  assert.deepEqual(asked, [`${good}/-/log/blob/${sha512}`])
})

test('openMirrors() says so when the registry names no mirror', async () => {
  const mirrors = openMirrors([], { open: () => async () => ({ status: 200, bytes: right }) })
  await assert.rejects(mirrors.fetch(wanted), { message: /names no mirror/ })
})

test('openMirrors() fetches large tarballs one after the other, whatever a mirror gives for how many of them', async () => {
  let [running, most] = [0, 0]
  const { fetch } = openMirrors([good], {
    open: () => async (_, limit) => {
      const isLarge = limit === maxBytes
      running += isLarge ? 1 : 0
      most = Math.max(most, running)
      await setImmediatePromise()
      running -= isLarge ? 1 : 0
      return { status: 200, bytes: Buffer.alloc(limit + 1) }
    },
    maxBytes,
    sharedBytes: 100,
  })
  const fetched = Array.from({ length: 8 }, () => fetch(wanted))
  const ended = await Promise.allSettled(fetched)
  assert.ok(
    ended.every((one) => one.status === 'rejected' && isSteleError(one.reason, 'mirrors_failed')),
  )
  assert.equal(most, 1)
})

test('openMirrors() gives a large tarball whole', async () => {
  const asked: number[] = []
  const { fetch } = openMirrors([good], {
    open: () => async (_, limit) => {
      asked.push(limit)
      return { status: 200, bytes: right.subarray(0, limit + 1) }
    },
    maxBytes,
    sharedBytes: 5,
  })
  assert.deepEqual([Buffer.from(await fetch(wanted)), asked], [right, [5, maxBytes]])
})
