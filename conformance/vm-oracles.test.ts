// Oracles of a script that is served: what they reach of the world, what is recorded, and that nobody waits for them.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { makeFolder } from './temporary-folder.ts'
import { connectForeign, runNodevms, startVm } from './vm-server.ts'

const script = `
let calls = 0
exports.get = (url) => System.oracle(async () => {
  const answer = await fetch(url)
  return { status: answer.status, body: await answer.text() }
})
exports.keep = async (url) => {
  const text = await System.oracle(async () => (await fetch(url)).text())
  await System.files.writeFile('/page', text)
  return ++calls
}
exports.clock = () => ({ entry: Date.now(), real: System.oracle(() => Date.now()) })
exports.draw = () => System.oracle(() => System.outside({ random: 16 }))
exports.bare = () => System.outside({ time: true })
exports.ping = () => ++calls
`

/** A server of this test; \`hold\` leaves requests of /slow without an answer. */
async function serveWorld(): Promise<
  AsyncDisposable & {
    readonly url: string
    readonly host: string
    readonly held: ServerResponse[]
    readonly count: () => number
  }
> {
  const held: ServerResponse[] = []
  let count = 0
  const server = createServer(({ url }, response) => {
    count++
    if (url === '/slow') held.push(response)
    else response.end(`page ${count}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    held,
    count: () => count,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test('an oracle fetches once, from allowed hosts alone, and a restart asks nobody again', async () => {
  await using folder = await makeFolder('vm-oracles')
  await using world = await serveWorld()
  const flags = ['--allow-host', 'example.com', '--allow-host', world.host]
  const options = { folder: folder.path, script, flags }
  {
    await using server = await startVm(options)
    using client = await connectForeign(server.address)
    assert.deepEqual(await client.call('get', [`${world.url}/a`]), { status: 200, body: 'page 1' })
    assert.equal(await client.call('keep', [`${world.url}/b`]), 1)
    await assert.rejects(client.call('get', ['http://127.0.0.1:9/']), {
      message: 'NotAllowedError',
      data: /--allow-host 127\.0\.0\.1:9$/,
    })
    await assert.rejects(client.call('bare'), { message: 'NotOpenError' })
    await server.kill()
  }
  await using server = await startVm(options)
  using client = await connectForeign(server.address)
  assert.equal(await client.call('ping'), 2, 'the memory is what the recorded answers made of it')
  assert.equal(world.count(), 2)
  const page = await fetch(`http://${server.address}/-/files/page`)
  assert.equal(await page.text(), 'page 2')
  const { code, stdout, stderr } = await runNodevms(folder.path, ['verify', server.address])
  assert.equal(code, 0, stdout + stderr)
  assert.equal(world.count(), 2)
})

test('the clock of an oracle is the real one, and chance differs from call to call', async () => {
  await using folder = await makeFolder('vm-oracles')
  await using server = await startVm({ folder: folder.path, script })
  using client = await connectForeign(server.address)
  const before = Date.now()
  const { entry, real } = Object(await client.call('clock'))
  assert.ok(before <= entry && entry <= real && real <= Date.now(), `${entry}, ${real}`)
  const drawn = new Set([await client.call('draw'), await client.call('draw')])
  assert.deepEqual(
    [...drawn].map((text) => Buffer.from(String(text), 'base64').length),
    [16, 16],
  )
})

test('while an oracle waits others are served, and a server that stops waits for nobody', async () => {
  await using folder = await makeFolder('vm-oracles')
  await using world = await serveWorld()
  const flags = ['--allow-host', world.host]
  await using server = await startVm({ folder: folder.path, script, flags })
  using client = await connectForeign(server.address)
  const slow = Array.from({ length: 8 }, () => client.call('get', [`${world.url}/slow`]))
  while (world.held.length < slow.length) await new Promise(setImmediate)
  for (let count = 1; count <= 50; count++) assert.equal(await client.call('ping'), count)
  for (const response of world.held.splice(0, 7)) response.end('at last')
  const answered = await Promise.all(slow.slice(0, 7))
  assert.deepEqual(answered[6], { status: 200, body: 'at last' })
  const lost = assert.rejects(slow[7] ?? assert.fail(), { message: 'log_closed' })
  const stopping = server.stop()
  await Promise.race([lost, stopping])
  await stopping
})
