// Several clients at once: one winner where there can be one, nothing lost where there is room for all (npm-wire B7, section 12).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type Answer,
  assertServedWhole,
  makeUpload,
  memberOf,
  publish,
  type RegistryClient,
  readPackument,
  signUp,
} from './registry-client.ts'
import { roundsOf } from './rounds.ts'
import {
  assertNoTrouble,
  assertVerifies,
  readCheckpoint,
  type Server,
  startServer,
} from './server.ts'

const rounds = roundsOf({ modest: 10, full: 20 })
const racers = ['one', 'two', 'three', 'four']

let server: Server
let clients: readonly RegistryClient[]

before(async () => {
  server = await startServer()
  clients = await Promise.all(racers.map((account) => signUp(server.url, account)))
})
after(async () => {
  await server?.[Symbol.asyncDispose]()
})

test(`four uploads of one version by one account have one winner, in each of ${rounds} rounds`, async () => {
  const client = clientAt(0)
  for (let round = 0; round < rounds; round++) {
    await raceOnce(`own-${round}`, [client, client, client, client], [409])
  }
})

test(`four accounts that upload the first version of one name have one winner, in each of ${rounds} rounds`, async () => {
  for (let round = 0; round < rounds; round++) await raceOnce(`name-${round}`, clients, [403, 409])
})

/** All publish another text as 1.0.0 at once. */
async function raceOnce(
  name: string,
  racing: readonly RegistryClient[],
  refusals: readonly number[],
): Promise<void> {
  const uploads = racing.map((_, index) => makeUpload({ name, version: '1.0.0' }, `text ${index}`))
  const answers = await Promise.all(
    racing.map((client, index) => publish(client, uploads[index] ?? makeUpload(never))),
  )
  const winners = uploads.filter((_, index) => isDone(answers[index]))
  const statuses = answers.map(({ status }) => status)
  assert.equal(winners.length, 1, `${name}: ${statuses.join()}`)
  for (const status of statuses) assert.ok(status === 201 || refusals.includes(status), `${status}`)
  const packument = await readPackument(server.url, name)
  const dist = packument?.versions['1.0.0']?.dist
  assert.equal(dist?.integrity, winners[0]?.integrity)
  await assertServedWhole(server.url, name)
}

test('the same upload by the same account gets the first answer again, and the log does not grow', async () => {
  const upload = makeUpload({ name: 'again', version: '1.0.0' })
  const first = await publish(clientAt(0), upload)
  const { size } = await readCheckpoint(server.url)
  for (let time = 0; time < 3; time++) {
    const again = await publish(clientAt(0), upload)
    assert.equal(again.status, 200)
    assert.deepEqual(again.json, first.json)
  }
  assert.equal((await readCheckpoint(server.url)).size, size)
  const otherBytes = await publish(
    clientAt(0),
    makeUpload({ name: 'again', version: '1.0.0' }, 'other bytes'),
  )
  assert.equal(otherBytes.status, 409)
  const otherAccount = await publish(clientAt(1), upload)
  assert.equal(otherAccount.status, 403)
})

test('the same upload by the same account four times at once gets one answer four times', async () => {
  for (let round = 0; round < rounds; round++) {
    const upload = makeUpload({ name: `echo-${round}`, version: '1.0.0' })
    const answers = await Promise.all(racers.map(() => publish(clientAt(0), upload)))
    assert.ok(answers.every(isDone), answers.map(({ status }) => status).join())
    assert.equal(new Set(answers.map(({ json }) => JSON.stringify(json))).size, 1)
    await assertServedWhole(server.url, upload.name)
  }
})

test('sixteen versions of one package at once are all stored, and latest is the last in the log', async () => {
  const versions = Array.from({ length: 16 }, (_, index) => `1.0.${index}`)
  await publish(clientAt(0), makeUpload({ name: 'many', version: '0.0.1' }))
  const answers = await Promise.all(
    versions.map((version) => publish(clientAt(0), makeUpload({ name: 'many', version }))),
  )
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  const packument = await readPackument(server.url, 'many')
  const stored = Object.keys(packument?.versions ?? {})
  assert.deepEqual(stored.toSorted(), ['0.0.1', ...versions].toSorted())
  const entries = answers.map(({ json }) => Number(memberOf(json, 'entry')))
  assert.equal(new Set(entries).size, 16, 'Each version has an entry of its own')
  const last = versions[entries.indexOf(Math.max(...entries))]
  assert.equal(packument?.['dist-tags']['latest'], last)
  await assertServedWhole(server.url, 'many')
})

test('a tag and a publish at once are both kept', async () => {
  for (let round = 0; round < rounds; round++) {
    const name = `tagged-${round}`
    await publish(clientAt(0), makeUpload({ name, version: '1.0.0' }))
    const answers = await atOnce(
      () => clientAt(0).send('PUT', `/-/package/${name}/dist-tags/stable`, '1.0.0'),
      () => publish(clientAt(0), makeUpload({ name, version: '1.1.0' })),
      round,
    )
    assert.ok(answers.every(isDone), answers.map(({ status }) => status).join())
    const packument = await readPackument(server.url, name)
    assert.deepEqual(packument?.['dist-tags'], { latest: '1.1.0', stable: '1.0.0' })
    await assertServedWhole(server.url, name)
  }
})

test('unpublish of a version during a publish of another does not disturb it', async () => {
  for (let round = 0; round < rounds; round++) {
    const name = `shrunk-${round}`
    await publish(clientAt(0), makeUpload({ name, version: '1.0.0' }))
    const before = await readPackument(server.url, name)
    const remaining = { ...before, versions: {}, 'dist-tags': {} }
    const [removed, published] = await atOnce(
      () => clientAt(0).send('PUT', `/${name}/-rev/${before?._rev}`, remaining),
      () => publish(clientAt(0), makeUpload({ name, version: '1.1.0' })),
      round,
    )
    assert.ok(isDone(published), JSON.stringify(published.json))
    // The publish may have made the revision stale: then nothing is removed, and the client asks again.
    assert.ok(isDone(removed) || removed.status === 409, JSON.stringify(removed.json))
    const packument = await readPackument(server.url, name)
    const wanted = isDone(removed) ? ['1.1.0'] : ['1.0.0', '1.1.0']
    assert.deepEqual(Object.keys(packument?.versions ?? {}), wanted)
    await assertServedWhole(server.url, name)
  }
})

test('unpublish of a package during a publish leaves all, or the new version alone', async () => {
  for (let round = 0; round < rounds; round++) {
    const name = `gone-${round}`
    await publish(clientAt(0), makeUpload({ name, version: '1.0.0' }))
    const before = await readPackument(server.url, name)
    const [removed, published] = await atOnce(
      () => clientAt(0).send('DELETE', `/${name}/-rev/${before?._rev}`),
      () => publish(clientAt(0), makeUpload({ name, version: '1.1.0' })),
      round,
    )
    assert.ok(isDone(published), JSON.stringify(published.json))
    assert.ok(isDone(removed) || removed.status === 409, JSON.stringify(removed.json))
    const packument = await readPackument(server.url, name)
    const wanted = isDone(removed) ? ['1.1.0'] : ['1.0.0', '1.1.0']
    assert.deepEqual(Object.keys(packument?.versions ?? {}), wanted)
    await assertServedWhole(server.url, name)
  }
})

test('the server met no trouble', () => assertNoTrouble(server.lines))

test('what the races left behind verifies', () => assertVerifies(server.url))

const never = { name: 'never', version: '0.0.0' }

/** Starts both, in turns the one and the other first; the answers are in the order of the arguments. */
async function atOnce(
  first: () => Promise<Answer>,
  second: () => Promise<Answer>,
  round: number,
): Promise<readonly [Answer, Answer]> {
  if (round % 2 === 0) return Promise.all([first(), second()])
  const [later, earlier] = await Promise.all([second(), first()])
  return [earlier, later]
}

function clientAt(index: number): RegistryClient {
  const client = clients[index]
  if (client === undefined) throw new Error(`There is no client ${index}`)
  return client
}

function isDone(answer: Answer | undefined): boolean {
  return answer !== undefined && answer.status >= 200 && answer.status < 300
}
