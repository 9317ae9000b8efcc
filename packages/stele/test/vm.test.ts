// Scripts as services from a program, as a program that was written for NodeVMS uses them.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { type ErrorCode, isSteleError } from '@stele/errors'
import { createIdentity, RPCClient, RPCServer, ScriptError, VM } from '../src/vm.ts'

const counter = `
let count = 0
exports.init = () => System.files.mkdir('/kept')
exports.add = async (by = 1) => {
  if (typeof by !== 'number') throw new TypeError('Only numbers are added')
  count += by
  await System.files.writeFile('/kept/count', String(count))
  return count
}
exports.who = () => System.caller.id
exports.say = (text) => { console.log(text) }
exports.connect = () => 'a method that is called as a member of the client is'
`

const isCode =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    isSteleError(error, code)

suite('stele/vm', () => {
  let folder = ''
  let number = 0
  /** While one VM is open the process keeps its thread (SharedThread): no test waits for another to start. */
  const keeper = new VM('')
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stele-vm-'))
    await keeper.deploy({ dir: join(folder, 'keeper') })
  })
  after(async () => {
    await keeper.close()
    await rm(folder, { recursive: true, force: true })
  })

  const freshDir = (): string => join(folder, `vm-${number++}`)
  const deploy = async (t: TestContext, dir = freshDir()): Promise<VM> => {
    const vm = new VM(counter)
    await vm.deploy({ dir })
    t.after(() => vm.close())
    return vm
  }
  const serve = async (
    t: TestContext,
    vm: VM,
    path = '/',
    options: ConstructorParameters<typeof RPCServer>[0] = {},
  ): Promise<string> => {
    const server = new RPCServer(options)
    server.mount(path, vm)
    await server.listen(0)
    t.after(() => server.close())
    return server.url ?? ''
  }

  test('deploy() goes on where it was when the VM was closed before', async (t) => {
    const dir = freshDir()
    const vm = new VM(counter)
    assert.deepEqual([vm.callLog, vm.filesArchive], [null, null])
    const ready = once(vm, 'ready')
    await vm.deploy({ dir, title: 'counter' })
    await ready
    assert.deepEqual(Object.keys(vm.exports), ['add', 'who', 'say', 'connect'])
    assert.equal(await vm.executeCall({ methodName: 'add', args: [2], userId: 'bob' }), 2)
    assert.equal(await vm.exports['add']?.(), 3)
    const closed = once(vm, 'close')
    await vm.close()
    await closed
    assert.deepEqual([vm.callLog, vm.filesArchive], [null, null])
    await assert.rejects(vm.executeCall({ methodName: 'add' }), isCode('vm_closed'))
    const again = await deploy(t, dir)
    assert.equal(await again.executeCall({ methodName: 'add' }), 4)
  })

  test('callLog.list() tells of each call in the shape of NodeVMS', async (t) => {
    const { callLog, filesArchive, executeCall, ...vm } = bind(await deploy(t))
    await executeCall({ methodName: 'add', args: [2], userId: 'bob' })
    await assert.rejects(executeCall({ methodName: 'add', args: ['x'] }), {
      name: 'TypeError',
      message: 'Only numbers are added',
    })
    await executeCall({ methodName: 'say', args: ['hello'] })
    assert.deepEqual(await callLog.list(), [
      { type: 'init', code: vm.code, filesArchiveUrl: filesArchive.url },
      {
        type: 'call',
        call: { userId: 'bob', methodName: 'add', args: [2] },
        result: { res: 2, filesVersion: 3 },
      },
      {
        type: 'call',
        call: { methodName: 'add', args: ['x'] },
        result: { err: 'Only numbers are added', filesVersion: 3 },
      },
      {
        type: 'call',
        call: { methodName: 'say', args: ['hello'] },
        result: { filesVersion: 3 },
      },
    ])
    assert.equal(await callLog.length(), 4)
    assert.deepEqual(await callLog.list({ start: 1, end: 2 }), [await callLog.get(1)])
    await assert.rejects(callLog.get(4), isCode('not_found'))
  })

  test('filesArchive.readFile() gives what the script has written, and throws not_found when there is nothing', async (t) => {
    const { filesArchive, executeCall } = bind(await deploy(t))
    await executeCall({ methodName: 'add', args: [42] })
    assert.deepEqual(await filesArchive.readdir('/'), ['kept'])
    assert.deepEqual(await filesArchive.readdir('/kept'), ['count'])
    assert.equal(await filesArchive.readFile('/kept/count'), '42')
    assert.equal(await filesArchive.readFile('/kept/count', 'base64'), 'NDI=')
    assert.equal(await filesArchive.readFile('/kept/count', 'json'), 42)
    assert.deepEqual(
      Buffer.from(await filesArchive.readFile('/kept/count', 'binary')),
      Buffer.from('42'),
    )
    const [file, dir] = [await filesArchive.stat('/kept/count'), await filesArchive.stat('/kept')]
    assert.deepEqual([file.size, file.isFile(), dir.isDirectory()], [2, true, true])
    for (const path of ['/none', '/kept/none', '/kept/count/x', '/../keys']) {
      await assert.rejects(filesArchive.readFile(path), isCode('not_found'))
    }
  })

  test('deploy() throws when the script cannot be loaded, and leaves nothing that is taken for a service', async (t) => {
    const dir = freshDir()
    await assert.rejects(new VM('exports.add = (').deploy({ dir }), isCode('script_invalid'))
    const vm = await deploy(t, dir)
    assert.equal(await vm.executeCall({ methodName: 'add' }), 1)
  })

  test('deploy() throws when the folder is open, or its files are others', async (t) => {
    const dir = freshDir()
    const vm = await deploy(t, dir)
    await assert.rejects(new VM(counter).deploy({ dir }), isCode('data_locked'))
    await assert.rejects(vm.deploy({ dir: freshDir() }), isCode('vm_deployed'))
    const url = vm.filesArchive?.url ?? ''
    await vm.close()
    const other = new VM(counter)
    await assert.rejects(other.deploy({ dir, url: `${url}x` }), isCode('files_url_differs'))
    await other.deploy({ dir, url })
    await other.close()
  })

  test('executeCall() emits what the script prints, which is no part of the log', async (t) => {
    const vm = await deploy(t)
    const printed = once(vm, 'print')
    await vm.executeCall({ methodName: 'say', args: ['hello'] })
    assert.deepEqual(await printed, ['hello'])
  })

  test('connect() gives the methods of a VM that is served at a path', async (t) => {
    const url = await serve(t, await deploy(t), '/lists/counter')
    const client = new RPCClient()
    await client.connect(`${url}/lists/counter`, { user: 'alice' })
    t.after(() => client.close())
    assert.equal(client.url, `${url.replace('http', 'ws')}/lists/counter/?user=alice`)
    const { origin, ...told } = client.backendInfo ?? assert.fail()
    assert.deepEqual(told, {
      methods: ['add', 'who', 'say', 'connect'],
      callLogUrl: `${url}/lists/counter/-/log/`,
      filesArchiveUrl: `${url}/lists/counter/-/files/`,
    })
    assert.match(origin ?? '', /^localhost\//)
    const { who, add } = client
    assert.equal(await who?.(), 'alice')
    assert.equal(await add?.(5), 5)
    assert.match(JSON.stringify(await client.call('connect')), /a member of the client/)
    await assert.rejects(client.call('add', 'x'), (error) => {
      assert.ok(error instanceof ScriptError)
      assert.deepEqual([error.name, error.message], ['TypeError', 'Only numbers are added'])
      return true
    })
    client.close()
    await assert.rejects(client.call('add'), isCode('rpc_not_connected'))
  })

  test('connect() has calls signed when it is given an identity, and the service knows the caller by the key', async (t) => {
    const vm = await deploy(t)
    const server = new RPCServer({ debug: false })
    server.mount('/', vm)
    await server.listen(0)
    t.after(() => server.close())
    const identity = createIdentity(join(folder, 'identity.key'))
    const client = new RPCClient()
    t.after(() => client.close())
    await client.connect(server.url ?? '', { identity })
    assert.equal(await client.call('who'), identity.account)
    assert.deepEqual(await Promise.all([1, 2, 3].map((by) => client.call('add', by))), [1, 3, 6])
    const [, first] = (await vm.callLog?.list()) ?? []
    assert.deepEqual(first, {
      type: 'call',
      call: { userId: identity.account, methodName: 'who', args: [] },
      result: { res: identity.account, filesVersion: 2 },
    })
    await client.connect(server.url ?? '')
    await assert.rejects(client.call('who'), { code: -32_001, reason: 'call_unsigned' })
  })

  test('call() calls once when a script throws an error with the name of a refusal', async (t) => {
    const vm = new VM(`
      let calls = 0
      exports.fail = () => { throw Object.assign(new Error('no'), { name: 'call_unauthorized' }) }
      exports.add = () => ++calls
    `)
    await vm.deploy({ dir: freshDir() })
    t.after(() => vm.close())
    const client = new RPCClient()
    t.after(() => client.close())
    const identity = createIdentity(join(folder, 'once.key'))
    await client.connect(await serve(t, vm), { identity })
    await assert.rejects(client.call('fail'), { name: 'call_unauthorized', message: 'no' })
    assert.equal(await client.call('add'), 1)
    assert.equal(await vm.callLog?.length(), 3)
  })

  test('deploy() throws vm_deployed while another deploy() runs, and one folder is in use', async (t) => {
    const [first, second] = [freshDir(), freshDir()]
    const vm = new VM(counter)
    const running = vm.deploy({ dir: first })
    await assert.rejects(vm.deploy({ dir: second }), isCode('vm_deployed'))
    await running
    assert.equal(await vm.executeCall({ methodName: 'add' }), 1)
    await vm.close()
    await deploy(t, first)
  })

  test('close() waits for a deploy() that runs', async (t) => {
    const dir = freshDir()
    const vm = new VM(counter)
    const running = vm.deploy({ dir })
    await Promise.all([running, vm.close()])
    assert.equal(vm.callLog, null)
    await deploy(t, dir)
  })

  test('listen() throws server_listening when the server listens, until it is closed', async (t) => {
    const server = new RPCServer()
    t.after(() => server.close())
    const running = server.listen(0)
    await assert.rejects(server.listen(0), isCode('server_listening'))
    await running
    const { port } = server
    await assert.rejects(server.listen(0), isCode('server_listening'))
    assert.equal(server.port, port)
    await server.close()
    await server.listen(0)
  })

  test('deploy() throws data_invalid when the folder holds other things, and begins nothing there', async () => {
    const dir = freshDir()
    await mkdir(join(dir, 'photos'), { recursive: true })
    await assert.rejects(new VM(counter).deploy({ dir }), (error) => {
      assert.ok(isSteleError(error, 'data_invalid'))
      assert.match(error.message, /it holds "photos", and no service/)
      return true
    })
    assert.deepEqual(await readdir(dir), ['photos'])
    const nowhere = { dir: '' }
    await assert.rejects(new VM(counter).deploy(nowhere), /dir must name a folder/)
  })

  test('connect() says why it cannot', async (t) => {
    const url = await serve(t, await deploy(t), '/there', { debug: false })
    const secure = url.replace('http', 'https')
    const empty = new RPCServer()
    await empty.listen(0)
    t.after(() => empty.close())
    const rows: readonly (readonly [string, ErrorCode, RegExp])[] = [
      [`${url}/elsewhere`, 'server_unreachable', /no service is at "\/elsewhere\/"/],
      [empty.url ?? '', 'server_unreachable', /the service is starting/],
      [`${secure}/there`, 'server_unreachable', /does not speak TLS/],
      [`${url}/there`, 'debug_only', /Cannot call as "bob"/],
      ['localhost:9', 'server_unreachable', /nobody listens there/],
      ['nowhere.invalid', 'server_unreachable', /there is no host named/],
      ['ftp://localhost', 'usage_wrong', /not the address of a service/],
    ]
    for (const [address, code, message] of rows) {
      await assert.rejects(new RPCClient().connect(address, { user: 'bob' }), (error) => {
        assert.ok(isSteleError(error, code), String(error))
        assert.match(error.message, message)
        return true
      })
    }
  })

  test('connect() can be awaited when the service has a method "then"', async (t) => {
    const vm = new VM("exports.then = () => 'called'")
    await vm.deploy({ dir: freshDir() })
    t.after(() => vm.close())
    const client = new RPCClient()
    t.after(() => client.close())
    await client.connect(await serve(t, vm, '/'))
    assert.equal(await Promise.resolve(client), client)
    assert.equal(await client.call('then'), 'called')
  })

  test('unmount() takes one VM away when several are served side by side', async (t) => {
    const [first, second] = [await deploy(t), await deploy(t)]
    const server = new RPCServer()
    server.mount('/', first)
    server.mount('/second', second)
    assert.throws(() => server.mount('/second/', first), isCode('mount_taken'))
    await server.listen(0)
    t.after(() => server.close())
    const client = new RPCClient()
    t.after(() => client.close())
    await client.connect(`${server.url}/second`)
    await client.call('add', 7)
    assert.equal(await first.executeCall({ methodName: 'add' }), 1)
    assert.equal(await second.executeCall({ methodName: 'add' }), 8)
    assert.equal(server.unmount('/second'), true)
    const gone = await fetch(`${server.url}/second/-/files/`)
    assert.equal(gone.status, 404)
    assert.match(await gone.text(), /this service does not offer it/)
    const health = await fetch(`${server.url}/-/health`)
    assert.deepEqual([health.status, Object(await health.json()).ok], [200, true])
  })
})

/** What is there while the VM is deployed. */
function bind(vm: VM): {
  readonly code: string
  readonly callLog: NonNullable<VM['callLog']>
  readonly filesArchive: NonNullable<VM['filesArchive']>
  readonly executeCall: VM['executeCall']
} {
  const { callLog, filesArchive, code } = vm
  assert.ok(callLog !== null && filesArchive !== null)
  return { code, callLog, filesArchive, executeCall: (call) => vm.executeCall(call) }
}
