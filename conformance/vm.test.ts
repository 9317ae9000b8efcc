// A script as a service: NodeVMS's commands as people type them, and its methods as a client calls them that is not ours.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from './processes.ts'
import { makeFolder } from './temporary-folder.ts'
import { connectForeign, nodevmsFile, runNodevms, startVm } from './vm-server.ts'

const counter = `
let closure = 0
exports.init = async () => { await System.files.writeFile('/count', '0') }
exports.who = () => System.caller.id
exports.next = async () => {
  const kept = Number(await System.files.readFile('/count')) + 1
  await System.files.writeFile('/count', String(kept))
  return { closure: ++closure, kept }
}
exports.fail = (message) => { throw new TypeError(message) }
exports.nothing = () => {}
exports.answer = 42
`

test('exec prints where it serves, and the folder, as NodeVMS does', async () => {
  await using folder = await makeFolder('vm')
  await using server = await startVm({ folder: folder.path, script: counter, name: 'counter.js' })
  const { address, printed } = server
  assert.match(address, /^localhost:\d+$/)
  assert.deepEqual(printed, [
    `Serving at ${address}`,
    `Serving directory ${join(folder.path, 'counter')}`,
    '',
    `Files:    http://${address}/-/files/`,
    `Call log: http://${address}/-/log/`,
  ])
})

// script, flags, what it says
const unfit: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['let a\n} catch (e) {}', [], /SyntaxError: .* \(script\.js, line 2: } catch \(e\) \{\}\)\n$/],
  [
    'export const a = 1',
    [],
    /line 1: export const a = 1\)\. A script is CommonJS: "exports\.hello/,
  ],
  ["require('fs')", [], /no "require"\n$/],
  [counter, ['--dir', ''], /^--dir needs a value/],
  [counter, ['--dir', '.'], /it holds "script\.js", and no service/],
]
for (const [script, flags, said] of unfit) {
  test(`exec serves nothing, and says why, for ${JSON.stringify(script.slice(0, 30))} ${flags.join(' ')}`, async () => {
    await using folder = await makeFolder('vm')
    await writeFile(join(folder.path, 'script.js'), script)
    const args = ['exec', 'script.js', '--port', '0', ...flags]
    const { code, stdout, stderr } = await runNodevms(folder.path, args)
    assert.notEqual(code, 0)
    assert.equal(stdout, '')
    assert.match(stderr, said)
  })
}

test('exec says that nobody can call a script without methods, and that a changed one is not served', async () => {
  await using folder = await makeFolder('vm')
  const started = async (script: string): Promise<string> => {
    await using server = await startVm({ folder: folder.path, script })
    await server.stop()
    return server.said()
  }
  assert.match(await started('module.exports = function hi() {}'), /exports no function/)
  assert.match(await started(counter), /not the script that this service began with/)
})

test('methods are called by rpc-websockets, 64 at once, one after the other', async () => {
  await using folder = await makeFolder('vm')
  await using server = await startVm({ folder: folder.path, script: counter })
  using client = await connectForeign(server.address, 'alice')
  const { origin, ...told } = Object(await client.call('handshake'))
  assert.deepEqual(told, {
    methods: ['who', 'next', 'fail', 'nothing'],
    callLogUrl: `http://${server.address}/-/log/`,
    filesArchiveUrl: `http://${server.address}/-/files/`,
  })
  assert.match(origin, /^localhost\/[0-9a-f]{16}$/)
  assert.equal(await client.call('who'), 'alice')
  assert.equal(await client.call('nothing'), null)
  const answers = await Promise.all(Array.from({ length: 64 }, () => client.call('next')))
  assert.deepEqual(
    answers,
    answers.map((_, at) => ({ closure: at + 1, kept: at + 1 })),
  )
  await assert.rejects(client.call('fail', ['no']), {
    code: -32_000,
    message: 'TypeError',
    data: 'no',
  })
  for (const method of ['init', 'answer', 'constructor']) {
    await assert.rejects(client.call(method), { code: -32_601, message: 'Method not found' })
  }
})

test('a service that is killed goes on where it was: files, closures, and what was answered', async () => {
  await using folder = await makeFolder('vm')
  const options = { folder: folder.path, script: counter }
  for (let round = 0; round < 3; round++) {
    const server = await startVm(options)
    using client = await connectForeign(server.address)
    assert.deepEqual(await client.call('next'), { closure: round + 1, kept: round + 1 })
    await server.kill()
  }
})

test('what a script prints drives no terminal, whatever a caller sent it', async () => {
  await using folder = await makeFolder('vm')
  const script = 'exports.say = (text) => console.log(text)'
  await using server = await startVm({ folder: folder.path, script })
  using client = await connectForeign(server.address)
  await client.call('say', ['one\ntwo \u001b]0;owned\u0007\u001b[2J\r\u202e'])
  assert.equal(server.said(), 'one\ntwo \\u001b]0;owned\\u0007\\u001b[2J\\u000d\\u202e\n')
})

test('repl --exec prints what a method gives, and what it throws', async () => {
  await using folder = await makeFolder('vm')
  await using server = await startVm({ folder: folder.path, script: counter })
  const exec = async (code: string): Promise<readonly [number | null, string, string]> => {
    const args = ['repl', server.address, '--user', 'bob', '--exec', code]
    const { code: status, stdout, stderr } = await runNodevms(folder.path, args)
    return [status, stdout, stderr]
  }
  assert.deepEqual(await exec('client.who()'), [0, "'bob'\n", ''])
  assert.deepEqual(await exec('client.next()'), [0, '{ closure: 1, kept: 1 }\n', ''])
  assert.deepEqual(await exec('client.nothing()'), [0, '', ''])
  assert.deepEqual(await exec("'\\u001b[2J\\u202e'"), [0, "'\\x1B[2J\\u202e'\n", ''])
  assert.deepEqual(await exec("client.fail('no')"), [1, '', 'TypeError: no\n'])
  assert.deepEqual(await exec('const name = await client.who(); `${name}!`'), [0, "'bob!'\n", ''])
  const [status, , stderr] = await exec('client.nope()')
  assert.equal(status, 2)
  assert.match(stderr, /client\.nope is not a function\. The methods of the service are: .*who/)
})

test('repl --exec ends with the failure of any call, and only when all are answered', async () => {
  await using folder = await makeFolder('vm')
  await using server = await startVm({ folder: folder.path, script: counter })
  const exec = async (code: string): Promise<readonly [number | null, string]> => {
    const args = ['repl', server.address, '--exec', code]
    const { code: status, shown } = await runNodevms(folder.path, args)
    return [status, shown]
  }
  assert.deepEqual(await exec("client.fail('no'); 1"), [1, 'TypeError: no\n'])
  assert.deepEqual(await exec('client.next().length'), [0, ''])
  assert.deepEqual(await exec("client.fail('no').catch(() => 'caught')"), [0, "'caught'\n"])
  assert.deepEqual(await exec('client.next()'), [0, '{ closure: 2, kept: 2 }\n'])
  const [status, shown] = await exec('client.next(10n)')
  assert.equal(status, 2)
  assert.match(shown, /^Cannot run the code: TypeError: Do not know how to serialize a BigInt/)
  assert.doesNotMatch(shown, /^ +at /m)
})

test('repl runs the code on its standard input as --exec does, where that is no terminal', async () => {
  await using folder = await makeFolder('vm')
  await using server = await startVm({ folder: folder.path, script: counter })
  const code = 'await client.next()\nconst { kept } = await client.next()\nkept\n'
  await writeFile(join(folder.path, 'calls.js'), code)
  const { path } = folder
  const command = `exec "${process.execPath}" "${nodevmsFile}" repl ${server.address} < calls.js`
  const env = { PATH: process.env['PATH'], HOME: path, NO_COLOR: '1' }
  const { code: status, shown } = await runProgram('/bin/sh', ['-c', command], { cwd: path, env })
  assert.deepEqual([status, shown], [0, '2\n'])
})

test('files and calls are pages for browsers, and plain for programs', async () => {
  await using folder = await makeFolder('vm')
  await using server = await startVm({ folder: folder.path, script: counter })
  using client = await connectForeign(server.address, '<b>')
  await client.call('next')
  await assert.rejects(client.call('fail', ['<script>']))
  const get = async (path: string, accept = '*/*'): Promise<readonly [number, string, string]> => {
    const answer = await fetch(`http://${server.address}${path}`, { headers: { accept } })
    return [answer.status, answer.headers.get('content-type') ?? '', await answer.text()]
  }
  assert.deepEqual(await get('/-/files/'), [200, 'text/plain; charset=utf-8', 'count\n'])
  assert.deepEqual(await get('/-/files/count'), [200, 'text/plain; charset=utf-8', '1'])
  assert.equal((await get('/-/files/nothing'))[0], 404)
  assert.equal((await get('/-/files/..%2f..%2fkeys%2flog.key'))[0], 404)
  const [, type, listing] = await get('/-/files/', 'text/html')
  assert.match(type, /^text\/html/)
  assert.match(listing, /<li><a href="[^"]+\/-\/files\/count">count<\/a><\/li>/)
  const [, , calls] = await get('/-/log/', 'text/html')
  assert.match(calls, /next\(\)/)
  assert.doesNotMatch(calls, /<script>|<b>, debug/) // What a caller sends is text.
})
