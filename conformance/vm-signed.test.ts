// Calls that their callers sign: out of debug mode, over the commands and by a program that is not ours.
import assert from 'node:assert/strict'
import { generateKeyPairSync, hash, sign } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { canonicalJson, type JsonValue } from '../packages/formats/src/json.ts'
import { makeFolder } from './temporary-folder.ts'
import { connectRaw, runNodevms, startVm } from './vm-server.ts'

const script = `
exports.who = () => [System.caller.id, System.caller.via]
exports.own = async (text) => {
  const [id] = [System.caller.id.slice(8)]
  await System.files.writeFile('/' + id, text)
  return id
}
exports.fail = () => { throw new TypeError('no') }
exports.slow = () => System.oracle(() => Date.now() > 0)
`
const production = ['--no-debug']

test('repl calls with an identity, and without one is told how', async () => {
  await using folder = await makeFolder('vm-signed')
  await using server = await startVm({ folder: folder.path, script, flags: production })
  const run = (...args: string[]): ReturnType<typeof runNodevms> => runNodevms(folder.path, args)
  const made = await run('identity', 'my.key')
  assert.match(made.stdout, /^ed25519:[\w-]{43}\n$/)
  assert.deepEqual([made.code, made.stderr], [0, ''])
  assert.equal((await stat(join(folder.path, 'my.key'))).mode & 0o777, 0o600)
  assert.equal((await run('identity', 'my.key')).stdout, made.stdout)
  const called = async (...flags: string[]): Promise<readonly [number | null, string, string]> => {
    const { code, stdout, stderr } = await run('repl', server.address, ...flags)
    return [code, stdout, stderr]
  }
  const account = made.stdout.trim()
  const identity = ['--identity', 'my.key']
  const who = await called(...identity, '--exec', 'client.who()')
  assert.deepEqual(who, [0, `[ '${account}', 'key' ]\n`, ''])
  assert.deepEqual(await called(...identity, '-e', 'client.fail()'), [1, '', 'TypeError: no\n'])
  assert.equal((await called(...identity, '-e', 'client.own("x")'))[1], `'${account.slice(8)}'\n`)
  assert.equal((await called(...identity, '-e', 'client.slow()'))[1], 'true\n')
  const many =
    '(async () => (await Promise.all(Array.from({ length: 20 }, () => client.who()))).length)()'
  assert.equal((await called(...identity, '-e', many))[1], '20\n')
  const [status, , told] = await called('--exec', 'client.who()')
  assert.equal(status, 1)
  assert.match(told, /^Cannot call .*takes signed calls only\. .*stele vm identity/)
  const [named, , refusal] = await called('--user', 'bob', '-e', 'client.who()')
  assert.equal(named, 1)
  assert.match(refusal, /^Cannot call as "bob": .*\n.*--identity/)
  assert.equal((await called('--user', 'bob', ...identity, '-e', 'client.who()'))[0], 2)
  const verified = await run('verify', server.address)
  assert.equal(verified.code, 0, verified.stdout + verified.stderr)
})

test('anonymous callers are welcome where the script says so', async () => {
  await using folder = await makeFolder('vm-signed')
  const open = `${script}\nexports.anonymous = true`
  await using server = await startVm({ folder: folder.path, script: open, flags: production })
  const args = ['repl', server.address, '--exec', 'client.who()']
  assert.equal(
    (await runNodevms(folder.path, args)).stdout,
    "[ undefined, 'token' ]\n".replace('undefined', 'null'),
  )
  using socket = await connectRaw(server.address)
  const { result } = Object(await socket.ask({ method: 'handshake' }))
  assert.deepEqual(result.methods, ['who', 'own', 'fail', 'slow'])
})

type Call = { readonly method: string; readonly params: readonly JsonValue[] }

/** Signs as spec/state.md says, with nothing of ours but canonical JSON. */
function signer(): (
  call: Call,
  by: { readonly origin: string; readonly seq: number; readonly notAfter: number },
) => { readonly [name: string]: JsonValue } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const account = `ed25519:${x}`
  const key = hash('sha256', Buffer.from(x, 'base64url'))
  return ({ method, params }, { origin, seq, notAfter }) => {
    const via = { type: 'key', key, notAfter }
    const body = { v: 1, origin, account, seq, via, method, args: [...params] }
    const text = `stele/call/v1\n${canonicalJson(body)}`
    const signature = sign(null, Buffer.from(text), privateKey).toString('base64')
    return {
      method,
      params: [...params],
      stele: { account, origin, seq, notAfter, key, signature },
    }
  }
}

test('what is signed wrongly is refused before it runs, and never logged', async () => {
  await using folder = await makeFolder('vm-signed')
  await using server = await startVm({ folder: folder.path, script, flags: production })
  using socket = await connectRaw(server.address)
  const { origin } = Object(Object(await socket.ask({ method: 'handshake' })).result)
  const call = { method: 'who', params: [] }
  const signed = signer()
  const notAfter = Date.now() + 60_000
  const right = signed(call, { origin, seq: 5, notAfter })
  const changed = (members: object): object => ({
    ...right,
    stele: { ...Object(right['stele']), ...members },
  })
  const size = async (): Promise<number> => {
    const answer = await fetch(`http://${server.address}/-/log/`)
    return Object(await answer.json()).total
  }
  const before = await size()
  const wrong: readonly (readonly [request: object, reason: RegExp])[] = [
    [{ ...right, method: 'fail' }, /does not verify/],
    [{ ...right, params: ['more'] }, /does not verify/],
    [changed({ seq: 6 }), /does not verify/],
    [changed({ notAfter: notAfter + 1 }), /does not verify/],
    [changed({ account: `ed25519:${'A'.repeat(43)}` }), /is not bound to it/],
    [changed({ account: 'alice' }), /is not bound to it/],
    [changed({ key: '0'.repeat(64) }), /is not bound to it/],
    [changed({ signature: 'AAAA' }), /not the base64 of 64 bytes/],
    [changed({ origin: 'elsewhere' }), /signed for "elsewhere"/],
    [
      signed(call, { origin, seq: 5, notAfter: Date.now() - 60_000 }),
      /notAfter lies \d+ s back, by the service's clock/,
    ],
    [
      signed(call, { origin, seq: 5, notAfter: Date.now() + 3_600_000 }),
      /ahead of the service's clock, at most 600 s/,
    ],
  ]
  for (const [request, reason] of wrong) {
    const { error } = Object(await socket.ask(request))
    assert.deepEqual(
      [error?.code, error?.message],
      [-32_002, 'call_unauthorized'],
      JSON.stringify(request),
    )
    assert.match(error.data.message, reason)
  }
  assert.equal(await size(), before)
  const first = Object(await socket.ask(right))
  assert.equal(first.result[1], 'key')
  const again = Object(await socket.ask(right))
  assert.match(again.error.data.message, /its seq is 5, the key's last was 5/)
  const { account } = Object(right['stele'])
  const { result } = Object(await socket.ask({ method: 'stele.seq', params: [account] }))
  assert.equal(result.seq, 5)
  const failed = Object(
    await socket.ask(signed({ method: 'fail', params: [] }, { origin, seq: 9, notAfter })),
  )
  assert.equal(failed.error.message, 'TypeError')
  assert.match(
    Object(await socket.ask(signed(call, { origin, seq: 9, notAfter }))).error.data.message,
    /last was 9/,
  )
  assert.equal(await size(), before + 2)
  await server.kill()
  await using restarted = await startVm({ folder: folder.path, script, flags: production })
  using later = await connectRaw(restarted.address)
  assert.match(
    Object(await later.ask(signed(call, { origin, seq: 9, notAfter }))).error.data.message,
    /last was 9/,
  )
  assert.equal(
    Object(await later.ask(signed(call, { origin, seq: 10, notAfter }))).result[1],
    'key',
  )
})
