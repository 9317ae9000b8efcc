// Scripts that provision other services: what runs follows from the factory's files, whatever happens in between.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { isJsonObject, type JsonObject } from '../packages/formats/src/public/json.ts'
import { RPCClient, RPCServer, ScriptError, VM, VMFactory } from '../packages/stele/src/vm.ts'

const factoryCode = `
exports.make = async (title, code) => System.vms.provisionVM({ title, code })
exports.makeAndThrow = async (code) => {
  await System.vms.provisionVM({ title: 'lost', code })
  throw new Error('changed my mind')
}
exports.end = (id) => System.vms.shutdownVM(id)
exports.write = (path, text) => System.files.writeFile(path, text)
`
const counterCode = 'let n = 0; exports.next = () => ++n'

suite('VMFactory', () => {
  let folder = ''
  let number = 0
  const keeper = new VM('')
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stele-factory-'))
    await keeper.deploy({ dir: join(folder, 'keeper') })
  })
  after(async () => {
    await keeper.close()
    await rm(folder, { recursive: true, force: true })
  })

  const freshDir = (): string => join(folder, `factory-${number++}`)
  const open = async (t: TestContext, dir = freshDir(), maxVMs = 3): Promise<VMFactory> => {
    const factory = new VMFactory(factoryCode, { maxVMs })
    await factory.deploy({ dir })
    t.after(() => factory.close())
    return factory
  }
  const make = async (
    factory: VMFactory,
    code = counterCode,
  ): Promise<JsonObject & { readonly id: string }> => {
    const made = await factory.executeCall({ methodName: 'make', args: ['a counter', code] })
    assert.ok(isJsonObject(made) && typeof made['id'] === 'string')
    return { ...made, id: made['id'] }
  }

  test('provisionVM() has the service served below the factory as soon as the call is answered', async (t) => {
    const factory = await open(t)
    const server = new RPCServer()
    server.mount('/', factory)
    await server.listen(0)
    t.after(() => server.close())
    factory.setRPCServer(server)
    const { id, callLogUrl, filesArchiveUrl } = await make(factory)
    assert.deepEqual(
      [callLogUrl, filesArchiveUrl],
      [`${server.url}/${id}/-/log/`, `${server.url}/${id}/-/files/`],
    )
    const client = new RPCClient()
    t.after(() => client.close())
    await client.connect(`${server.url}/${id}`)
    assert.equal(await client.call('next'), 1)
    await factory.executeCall({ methodName: 'end', args: [id] })
    assert.equal((await fetch(`${server.url}/${id}/`)).status, 404)
    assert.equal(factory.VMs.size, 0)
  })

  test('deploy() opens what was provisioned before, where it was', async (t) => {
    const dir = freshDir()
    const first = new VMFactory(factoryCode)
    await first.deploy({ dir })
    const { id } = await make(first)
    await first.VMs.get(id)?.executeCall({ methodName: 'next' })
    const { id: other } = await make(first)
    await first.executeCall({ methodName: 'end', args: [other] })
    await first.close()
    const again = await open(t, dir)
    assert.deepEqual([...again.VMs.keys()], [id])
    assert.equal(await again.VMs.get(id)?.executeCall({ methodName: 'next' }), 2)
    assert.ok(existsSync(join(dir, 'vms', other)), 'The log of what was shut down stays')
  })

  test('deploy() emits "ready" when the services that were provisioned before are open', async (t) => {
    const dir = freshDir()
    const first = new VMFactory(factoryCode)
    await first.deploy({ dir })
    const { id } = await make(first)
    await first.close()
    const again = new VMFactory(factoryCode)
    t.after(() => again.close())
    let open: readonly string[] = []
    again.on('ready', () => (open = [...again.VMs.keys()]))
    await again.deploy({ dir })
    assert.deepEqual(open, [id])
  })

  test('provisionVM() leaves in log and files what was provisioned', async (t) => {
    const factory = await open(t)
    const { id, ...urls } = await make(factory)
    const { filesArchive, callLog } = factory
    assert.ok(filesArchive !== null && callLog !== null)
    assert.deepEqual(await filesArchive.readFile(`/.vms/${id}`, 'json'), {
      title: 'a counter',
      code: counterCode,
    })
    const entry = await callLog.get(1)
    assert.ok(entry.type === 'call')
    assert.deepEqual(entry.result.res, { id, ...urls })
  })

  const refused: readonly (readonly [what: string, code: string | number, error: RegExp])[] = [
    ['the script cannot be loaded', 'exports.x = (', /Cannot provision a service: /],
    ['the script never ends', 'for (;;);', /Cannot provision a service: /],
    ['there is no script', '', /"code" is not the text of a script/],
    ['the script is a number', 7, /"code" is not the text of a script/],
  ]
  for (const [what, code, error] of refused) {
    test(`provisionVM() throws when ${what}, and leaves nothing of it`, async (t) => {
      const dir = freshDir()
      const factory = await open(t, dir)
      const asked = factory.executeCall({ methodName: 'make', args: ['bad', code] })
      await assert.rejects(asked, (thrown) => {
        assert.ok(thrown instanceof ScriptError)
        assert.match(thrown.message, error)
        return true
      })
      const left = existsSync(join(dir, 'vms')) ? readdirSync(join(dir, 'vms')) : []
      assert.deepEqual([factory.VMs.size, left], [0, []])
    })
  }

  test('provisionVM() throws when the factory has as many services as it may, until one is shut down', async (t) => {
    const factory = await open(t, freshDir(), 2)
    const { id } = await make(factory)
    await make(factory)
    await assert.rejects(make(factory), {
      name: 'NotAllowedError',
      message: /there are 2, as many as/,
    })
    await factory.executeCall({ methodName: 'end', args: [id] })
    await make(factory)
    assert.equal(factory.VMs.size, 2)
  })

  test('provisionVM() leaves nothing after the next start when its call threw', async (t) => {
    const dir = freshDir()
    const factory = new VMFactory(factoryCode)
    await factory.deploy({ dir })
    const asked = factory.executeCall({ methodName: 'makeAndThrow', args: [counterCode] })
    await assert.rejects(asked, { message: 'changed my mind' })
    assert.equal(factory.VMs.size, 0)
    await factory.close()
    assert.deepEqual(readdirSync(join(dir, 'vms')), [])
    mkdirSync(join(dir, 'vms', 'f00d')) // As a kill leaves it.
    await open(t, dir)
    assert.deepEqual(readdirSync(join(dir, 'vms')), [])
  })

  const odd: readonly (readonly [path: string, text: string, reason: RegExp])[] = [
    ['/.vms/..%2f', '{"title":"x","code":"exports.x = 1"}', /no service has such a name/],
    ['/.vms/odd', 'no JSON', /./],
    ['/.vms/odd', '{"title":7}', /its file does not hold a title and a script/],
    ['/.vms/odd', '{"title":"x","code":"exports.x = ("}', /script/i],
  ]
  for (const [path, text, reason] of odd) {
    test(`executeCall() opens no service when the script writes ${text} to ${path} by hand, and tells the operator why`, async (t) => {
      const factory = await open(t)
      const { id } = await make(factory)
      const told: string[] = []
      factory.on('notice', (event) => {
        if (event.event === 'service_not_opened') told.push(event.reason)
      })
      await factory.executeCall({ methodName: 'write', args: [path, text] })
      await factory.executeCall({ methodName: 'write', args: ['/other', ''] })
      assert.equal(told.length, 1, 'It is told once')
      assert.match(told.join(), reason)
      assert.deepEqual([...factory.VMs.keys()], [id])
    })
  }

  test('executeCall() opens no service when the script takes the path of another one, and never ends that one', async (t) => {
    const factory = await open(t)
    const server = new RPCServer()
    t.after(() => server.close())
    await server.listen(0)
    server.mount('/', factory)
    server.mount('/keeper', keeper)
    factory.setRPCServer(server)
    const told: string[] = []
    factory.on('notice', (event) => {
      if (event.event === 'service_not_opened') told.push(event.reason)
    })
    const { id } = await make(factory)
    const wanted = JSON.stringify({ title: 'x', code: counterCode })
    await factory.executeCall({ methodName: 'write', args: ['/.vms/keeper', wanted] })
    assert.match(told.join(), /keeper/)
    assert.deepEqual([...factory.VMs.keys()], [id])
    await factory.executeCall({ methodName: 'end', args: ['keeper'] })
    assert.equal((await fetch(`${server.url}/keeper/`)).status, 200)
  })

  test('close() leaves no service behind when one is being made', async (t) => {
    const dir = freshDir()
    const factory = new VMFactory(factoryCode)
    await factory.deploy({ dir })
    const made = make(factory).catch(() => undefined)
    while (!existsSync(join(dir, 'vms'))) await new Promise(setImmediate)
    await factory.close()
    const answer = await made
    // Nobody holds the folder, or one within it, and what the log says was made is there.
    const again = await open(t, dir)
    assert.deepEqual([...again.VMs.keys()], answer === undefined ? [] : [answer.id])
    assert.deepEqual(readdirSync(join(dir, 'vms')), [...again.VMs.keys()])
  })

  test('provisionVM() throws NotAllowedError when the service is no factory', async (t) => {
    const vm = new VM(factoryCode)
    await vm.deploy({ dir: freshDir() })
    t.after(() => vm.close())
    const asked = vm.executeCall({ methodName: 'make', args: ['a', counterCode] })
    await assert.rejects(asked, { name: 'NotAllowedError', message: /this one is not a factory/ })
  })
})
