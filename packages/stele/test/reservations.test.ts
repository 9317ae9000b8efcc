// What the operator asks of reservations, and what of it becomes an entry of the log.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeReservation, type Reserved } from '../src/server/reservations.ts'
import type { MissingTarball } from '../src/services/registry/reached.ts'

type Ports = Parameters<typeof changeReservation>[0]

/** A registry with these reservations that counts the entries it is asked for; of the upstream's name "x" these tarballs cannot be had. */
function portsOf(
  reserved: readonly Reserved[],
  missing: readonly MissingTarball[] = [],
): { ports: Ports; entries: () => number } {
  let entries = 0
  const log = async () => ({ entry: ++entries })
  const registry = { hasAccount: () => true, reserve: log, release: log }
  const upstreamOf = (pattern: string): string | undefined => (pattern === 'x' ? 'up' : undefined)
  const isKnown = (pattern: string): boolean => ['x', 'here'].includes(pattern)
  const reached = { isKnown, upstreamOf, fetchMissing: async () => missing }
  const upstreams = [{ id: 'up' }]
  const ports = { registry, operator: 'operator', reservations: () => reserved, reached, upstreams }
  return { ports: ports as unknown as Ports, entries: () => entries }
}

const team = [{ pattern: '@team/*', accounts: ['alice'] }]
// what is asked, what is said of it
const refused: readonly [ask: 'reserve' | 'release', pattern: string, said: RegExp][] = [
  ['reserve', '@x', /^Cannot use the package name "@x": a scope is reserved as "@x\/\*"$/],
  ['reserve', '@x/', /a scope is reserved as "@x\/\*"$/],
  ['reserve', '', /it is empty$/],
  ['reserve', 'A b', /URL-friendly/],
  ['reserve', 'Upper', /lower-case/],
  ['reserve', '@a b/*', /URL-friendly/],
  ['release', '@team', /^.*"@team" is not reserved; did you mean "@team\/\*"\?$/],
  ['release', 'team', /did you mean "@team\/\*"\?$/],
  ['release', 'other', /"other" is not reserved; "stele reserve list" shows what is$/],
]
for (const [method, pattern, said] of refused) {
  test(`changeReservation() refuses to ${method} "${pattern}", and logs nothing`, async () => {
    const { ports, entries } = portsOf(team)
    await assert.rejects(changeReservation(ports, { do: method, pattern }), { message: said })
    assert.equal(entries(), 0)
  })
}

for (const pattern of ['@x/*', 'x', '@x/y', 'x.y_z-1']) {
  test(`changeReservation() reserves "${pattern}" by one entry`, async () => {
    const { ports, entries } = portsOf(team)
    await changeReservation(ports, { do: 'reserve', pattern })
    assert.equal(entries(), 1)
  })
}

for (const [pattern, unasked] of [
  ['@x/*', ['up']],
  ['new', ['up']],
  ['here', []],
  ['x', []],
] as const) {
  test(`changeReservation() of "${pattern}" says that ${unasked.join() || 'nobody'} was not asked for it`, async () => {
    const { ports } = portsOf([])
    const answer = await changeReservation(ports, { do: 'reserve', pattern, accounts: ['alice'] })
    assert.deepEqual(Object(answer).unasked, unasked)
  })
}

const missing = [
  { version: '1.0.0', reason: 'the upstream is down' },
  { version: '1.1.0', reason: 'the upstream is down' },
]

test('changeReservation() does not reserve a name where tarballs that were installed cannot be had', async () => {
  const { ports, entries } = portsOf([], missing)
  await assert.rejects(changeReservation(ports, { do: 'reserve', pattern: 'x' }), {
    message:
      /^Cannot reserve "x": .*\(1\.0\.0 and 1 more: the upstream is down\).* say --lose-missing/,
  })
  assert.equal(entries(), 0)
})

test('changeReservation() reserves it all the same where the operator says so', async () => {
  const { ports, entries } = portsOf([], missing)
  await changeReservation(ports, { do: 'reserve', pattern: 'x', losesMissing: true })
  assert.equal(entries(), 1)
})

test('changeReservation() refuses several accounts for a name of an upstream, says how it gets them, and logs nothing', async () => {
  const { ports, entries } = portsOf([], missing)
  const ask = { do: 'reserve', pattern: 'x', accounts: ['alice', 'bob'] } as const
  await assert.rejects(changeReservation(ports, ask), {
    message:
      /^Cannot reserve "x" for several accounts: it belongs to the upstream "up".* --for alice, .*"npm owner add bob x"/,
  })
  assert.equal(entries(), 0)
})

test('changeReservation() reserves any other name for several accounts, by one entry each', async () => {
  const { ports, entries } = portsOf([])
  await changeReservation(ports, { do: 'reserve', pattern: 'y', accounts: ['alice', 'bob'] })
  assert.equal(entries(), 2)
})
