// Kills a script's service at random moments under concurrent calls, again and again (rounds.ts), and looks whether it kept its
// word: what was acknowledged is there, once, in its files and in its closures; and the whole log verifies.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { roundsOf } from './rounds.ts'
import { makeFolder } from './temporary-folder.ts'
import { connectRaw, runNodevms, startVm } from './vm-server.ts'

const kills = roundsOf({ modest: 8, full: 100 })
const callers = 8
const longestLifeMs = 250

/** What a call does is kept twice, in closures and in files; one in three waits for an oracle, one in four fails. */
const script = `
const done = new Map()
let failures = 0
exports.init = () => System.files.mkdir('/done')
exports.next = async (name) => {
  if (name.endsWith('3')) await System.oracle(() => System.outside({ random: 8 }))
  done.set(name, done.size + 1)
  await System.files.writeFile('/done/' + name, String(done.size))
  return done.size
}
exports.fail = async (name) => {
  await System.files.writeFile('/done/' + name, 'never')
  throw new Error(String(++failures))
}
exports.all = async () => {
  const files = []
  for (const name of await System.files.readdir('/done')) {
    files.push([name, Number(await System.files.readFile('/done/' + name))])
  }
  return { closures: [...done], files, failures }
}
`

type All = {
  readonly closures: readonly (readonly [name: string, number: number])[]
  readonly files: readonly (readonly [name: string, number: number])[]
  readonly failures: number
}

/** What callers were told, in all lives: by the name of the call its number, and the numbers of failures. */
type Acknowledged = { readonly done: Map<string, number>; readonly failures: Set<number> }

test(`a service keeps its word through ${kills} kills, with ${callers} callers at once`, async () => {
  await using folder = await makeFolder('vm-crash')
  const options = { folder: folder.path, script }
  const told: Acknowledged = { done: new Map(), failures: new Set() }
  for (let life = 0; life < kills; life++) {
    const server = await startVm(options)
    const calling = Array.from({ length: callers }, (_, caller) =>
      call(server.address, `${life}-${caller}`, told),
    )
    await sleep(Math.random() * longestLifeMs)
    await server.kill()
    await Promise.all(calling)
    await check(options, told, life)
  }
  assert.ok(told.done.size > kills && told.failures.size > kills, 'The load was too small')
  const { code, stdout } = await runNodevms(folder.path, ['verify', '--dir', 'script'])
  assert.equal(code, 0, stdout)
})

/** Calls again and again until the connection is gone, and notes what was answered. */
async function call(address: string, name: string, told: Acknowledged): Promise<void> {
  const client = await connectRaw(address).catch(() => undefined)
  if (client === undefined) return // It was killed before.
  const gone = client.closed.then(() => undefined)
  for (let count = 0; ; count++) {
    const method = count % 4 === 3 ? 'fail' : 'next'
    const params = [`${name}-${count}`]
    const answer: unknown = await Promise.race([client.ask({ method, params }), gone])
    if (answer === undefined) return
    const { result, error } = Object(answer)
    if (method === 'next') {
      assert.ok(!told.done.values().some((number) => number === result), `${result} came twice`)
      told.done.set(`${name}-${count}`, result)
    } else {
      assert.equal(error.message, 'Error')
      assert.ok(!told.failures.has(Number(error.data)), `failure ${error.data} came twice`)
      told.failures.add(Number(error.data))
    }
  }
}

async function check(
  options: Parameters<typeof startVm>[0],
  told: Acknowledged,
  life: number,
): Promise<void> {
  await using server = await startVm(options)
  using client = await connectRaw(server.address)
  const all: All = Object(await client.ask({ method: 'all' })).result
  const [closures, files] = [new Map(all.closures), new Map(all.files)]
  assert.deepEqual(files, closures, `after kill ${life}`) // Maps are compared in no order.
  // Numbers without a gap, each once: nothing was done twice, or half.
  const numbers = [...closures.values()].toSorted((a, b) => a - b)
  assert.deepEqual(
    numbers,
    numbers.map((_, at) => at + 1),
  )
  for (const [name, number] of told.done) {
    assert.equal(closures.get(name), number, `${name} is lost after kill ${life}`)
  }
  assert.ok(all.failures >= Math.max(0, ...told.failures), `failures are lost after kill ${life}`)
}
