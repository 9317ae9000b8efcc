// stele-p2p: services copied from peer to peer by processes of their own, over a network on this machine.
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import {
  type PeerNetwork,
  p2pFolder,
  runP2p,
  runP2pUntil,
  type Sharer,
  startPeerNetwork,
  startSharing,
} from './p2p-network.ts'
import { type Finished, runProgram } from './processes.ts'
import { mainFile } from './server.ts'
import { makeFolder } from './temporary-folder.ts'
import { connectForeign, startVm } from './vm-server.ts'

const script = `
exports.init = () => System.files.mkdir('/packages')
exports.publish = async (name, base64) => {
  await System.files.writeFile('/packages/' + name, base64, 'base64')
}
`
const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 31) % 251))

suite('stele-p2p', () => {
  let network: PeerNetwork
  before(async () => {
    network = await startPeerNetwork()
  })
  after(() => network[Symbol.asyncDispose]())

  const clone = (cwd: string, address: string, ...more: readonly string[]): Promise<Finished> =>
    runP2p(cwd, 'clone', address, 'copy', '--bootstrap', network.bootstrap, ...more)
  const share = (cwd: string, source: string): ReturnType<typeof startSharing> =>
    startSharing(cwd, source, '--bootstrap', network.bootstrap)

  test('its own tests pass', async () => {
    const args = ['--test', '--test-reporter=dot', 'test/*.test.ts']
    const env = { PATH: process.env['PATH'] }
    const { code, shown } = await runProgram(process.execPath, args, { cwd: p2pFolder, env })
    assert.equal(code, 0, shown)
  })

  test('clone gives back the files of a service byte for byte, then what is new alone, and all of it verifies', async () => {
    await using folder = await makeFolder('p2p')
    const [at, other] = [join(folder.path, 'service'), join(folder.path, 'other')]
    await using server = await startVm({ folder: at, script })
    await mkdir(other)
    using client = await connectForeign(server.address, 'alice')
    await client.call('publish', ['bytes', bytes.toString('base64')])
    await untilThere(join(server.dir, 'public/-/log/checkpoint'))
    await using sharer = await share(at, server.dir)
    assert.match(sharer.first, /^Sharing localhost\/\S+, \d entries, from /)
    await sharer.shared(2)
    const first = await clone(other, sharer.address)
    assert.equal(first.code, 0, first.shown)
    assert.match(first.stdout, /\n {2}Call log: 2 entries, 2 of them new\n/)
    const copied = await readFile(join(other, 'copy/files/packages/bytes'))
    assert.deepEqual(copied, bytes)

    await client.call('publish', ['more', Buffer.from('more').toString('base64')])
    await sharer.shared(3)
    const second = await clone(other, sharer.address)
    assert.match(second.stdout, / 3 entries, 1 of them new\n {2}Files: 2, 1 of them written/)
    const verified = await stele(other, 'vm', 'verify', 'copy')
    assert.equal(verified.code, 0, verified.shown)
    await server.stop() // It logs once more what its script remembers.
    await sharer.shared(4)
    assert.equal((await clone(other, sharer.address)).code, 0)
    const [own, theirs] = [join(server.dir, 'public'), join(other, 'copy')]
    for (const path of await filesIn(join(theirs, '-/log'))) {
      const wanted = await readFile(join(own, '-/log', path))
      assert.deepEqual(await readFile(join(theirs, '-/log', path)), wanted, path)
    }
    assert.deepEqual(await filesIn(join(theirs, 'files')), ['packages/bytes', 'packages/more'])
    const left = (await readdir(other)).filter((name) => name.startsWith('stele-p2p-'))
    assert.deepEqual(left, [], 'what was only on its way is gone')
  })

  test('clone goes on where it was when its peer was killed, at the same address, and after a kill -9 of its own', async () => {
    await using folder = await makeFolder('p2p-kill')
    await using server = await startVm({ folder: folder.path, script })
    using client = await connectForeign(server.address)
    const numbered = (at: number): string =>
      Buffer.concat([Buffer.from(`${at} `), bytes]).toString('base64')
    for (let at = 0; at < 40; at++) await client.call('publish', [`file-${at}`, numbered(at)])
    await server.stop()
    let sharer = await share(folder.path, server.dir)
    const { address } = sharer
    const killing = killWhenItComes(folder.path, sharer)
    const first = await clone(folder.path, address, '--wait', '2')
    await killing
    assert.equal(first.code, 4, first.shown)
    assert.match(first.stderr, /^Cannot read "hyper:\/\/.*": .* seconds\nRun the same again/m)
    assert.ok(!existsSync(join(folder.path, 'copy/-/log/checkpoint')))
    const begun = (await filesIn(join(folder.path, 'copy/-/log/blob'))).length

    sharer = await share(folder.path, server.dir)
    assert.equal(sharer.address, address)
    const args = ['clone', address, 'copy', '--bootstrap', network.bootstrap]
    const killed = await runP2pUntil(folder.path, /Downloading/, ...args)
    assert.equal(killed.signal, 'SIGKILL')
    const last = await clone(folder.path, address)
    await sharer.stop()
    assert.equal(last.code, 0, last.shown)
    assert.ok(begun > 0, `${begun} blobs were there`)
    const verified = await stele(folder.path, 'vm', 'verify', 'copy')
    assert.equal(verified.code, 0, verified.shown)
    const there = await readFile(join(folder.path, 'copy/files/packages/file-39'))
    assert.deepEqual(there, Buffer.from(numbered(39), 'base64'))
  })

  test('clone says where one byte was changed, and makes no copy of it', async () => {
    await using folder = await makeFolder('p2p-tampered')
    await using server = await startVm({ folder: folder.path, script })
    using client = await connectForeign(server.address)
    await client.call('publish', ['a', Buffer.from('a'.repeat(500)).toString('base64')])
    await server.stop()
    const root = join(server.dir, 'public/-/log')
    for (const [kind, told] of [
      ['body', /^Entry 0 does not verify: the hash of its body/m],
      ['blob', /^The file "\/-\/log\/blob\/\S+" does not verify: its SHA-512/m],
      ['checkpoint', /^The file "\/-\/log\/checkpoint" does not verify/m],
    ] as const) {
      const [path = ''] = (await filesIn(root)).filter((one) => one.startsWith(kind))
      const right = await readFile(join(root, path))
      await writeFile(
        join(root, path),
        right.map((byte, at) => (at === 20 ? byte ^ 1 : byte)),
      )
      await using sharer = await startSharing(
        folder.path,
        server.dir,
        '--state',
        `state-${kind}`,
        '--bootstrap',
        network.bootstrap,
      )
      const { code, shown } = await clone(folder.path, sharer.address)
      assert.equal(code, 1, shown)
      assert.match(shown, told)
      assert.ok(!existsSync(join(folder.path, 'copy/-/log/checkpoint')))
      await writeFile(join(root, path), right)
    }
  })

  test('share keeps one address for a log, also of a running service; two cannot share it at once; --new-address forgets it', async () => {
    await using folder = await makeFolder('p2p-share')
    await using server = await startVm({ folder: folder.path, script })
    using client = await connectForeign(server.address)
    await untilThere(join(server.dir, 'public/-/log/checkpoint'))
    const byAddress = await share(folder.path, server.address)
    assert.match(byAddress.first, /, from \/.*\/stele-p2p\/copies\//)
    const twice = await runP2p(folder.path, 'share', server.dir, '--bootstrap', network.bootstrap)
    assert.deepEqual([twice.code, /another process shares this log/.test(twice.shown)], [1, true])
    await client.call('publish', ['a', 'YQ=='])
    await byAddress.shared(2)
    assert.equal((await clone(folder.path, byAddress.address)).code, 0)
    await byAddress.stop()
    const byFolder = await share(folder.path, server.dir)
    assert.equal(byFolder.address, byAddress.address)
    await byFolder.stop()
    const args = [server.dir, '--new-address', '--bootstrap', network.bootstrap]
    await using anew = await startSharing(folder.path, ...args)
    assert.notEqual(anew.address, byAddress.address)
    const again = await clone(folder.path, anew.address)
    assert.match(again.stdout, /\n {2}Call log: 2 entries, 0 of them new\n/, again.shown)
    const gone = await clone(folder.path, byAddress.address, '--wait', '2')
    assert.deepEqual([gone.code, /^Cannot read "hyper:/m.test(gone.shown)], [4, true], gone.shown)
  })

  test('stele-p2p says what was typed wrongly, and what it takes', async () => {
    await using folder = await makeFolder('p2p-usage')
    const rows = [
      [['--help'], 0, /stele-p2p share <folder or url>/],
      [[], 0, /stele-p2p clone <address> <dir>/],
      [['sahre', '.'], 2, /There is no command "sahre"/],
      [['share'], 2, /Give the folder or the address of one service/],
      [['share', '.'], 2, /The folder "\." holds no call log/],
      [['clone', 'hyper://abc', 'copy'], 2, /"hyper:\/\/abc" is not the address of a share/],
      [['clone', 'hyper://abc'], 2, /Say what and where to/],
      [['share', '.', '--bootstrap', 'here'], 2, /--bootstrap "here": must be a host and a port/],
      [['clone', 'a', 'b', '--wait', '0'], 2, /--wait "0": must be a number of seconds/],
    ] as const
    for (const [args, status, told] of rows) {
      const { code, shown } = await runP2p(folder.path, ...args)
      assert.deepEqual([code, told.test(shown)], [status, true], shown)
    }
  })
})

function stele(cwd: string, ...args: readonly string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'], HOME: cwd }
  return runProgram(process.execPath, [mainFile, ...args], { cwd, env })
}

/** Kills it as soon as some of what it shares has come. */
async function killWhenItComes(folder: string, sharer: Sharer): Promise<void> {
  const blobs = join(folder, 'copy/-/log/blob')
  await until(() => existsSync(blobs) && readdirSync(blobs).length > 3)
  await sharer.kill()
}

/** The public folder is written behind the log. */
function untilThere(path: string): Promise<void> {
  return until(() => existsSync(path))
}

async function until(isSo: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const watch = setInterval(() => {
    if (isSo()) resolve()
  }, 5)
  await promise
  clearInterval(watch)
}

async function filesIn(root: string): Promise<readonly string[]> {
  const all = await readdir(root, { recursive: true, withFileTypes: true })
  return all
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(root.length + 1))
}
