// Clones of drives that somebody made by hand, over a network within this process.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import createTestnet from 'hyperdht/testnet.js'
import Hyperdrive from 'hyperdrive'
import { isSteleError } from 'stele/clone'
import { VM } from 'stele/vm'
import { formatAddress, parseAddress } from '../src/address.ts'
import { clone } from '../src/clone.ts'
import { readNotes } from '../src/log-files.ts'
import { openNetwork } from '../src/network.ts'
import { createSync } from '../src/sync-drive.ts'

const script = `exports.write = (path, text) => System.files.writeFile(path, text)`
const names = ['/one', '/two']

suite('clone()', () => {
  let [root, number, entries] = ['', 0, 0]
  let testnet: Awaited<ReturnType<typeof createTestnet>>
  const fresh = (): string => join(root, `${number++}`)

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'stele-p2p-clone-'))
    testnet = await createTestnet(3)
    const vm = new VM(script)
    await vm.deploy({ dir: join(root, 'service') })
    for (const name of names) await vm.executeCall({ methodName: 'write', args: [name, name] })
    await vm.close()
    entries = readNotes(join(root, 'service/public')).size
  })
  after(async () => {
    await testnet.destroy()
    rmSync(root, { recursive: true, force: true })
  })

  /** Shares the service's log, and what else this does to the drive. */
  const share = async (
    change: (drive: Hyperdrive) => Promise<void>,
  ): Promise<AsyncDisposable & { readonly address: string; readonly drive: Hyperdrive }> => {
    const network = await openNetwork(fresh(), testnet.bootstrap)
    try {
      const drive = new Hyperdrive(network.store)
      await drive.ready()
      await createSync(drive, join(root, 'service/public'))()
      await change(drive)
      await network.swarm.join(drive.discoveryKey, { server: true, client: false }).flushed()
      const address = formatAddress(drive.key)
      return { address, drive, [Symbol.asyncDispose]: () => network.close() }
    } catch (error) {
      await network.close()
      throw error
    }
  }
  const cloneFrom = (address: string, dir: string, searchMs = 5000): ReturnType<typeof clone> =>
    clone(address, dir, { bootstrap: testnet.bootstrap, searchMs, silenceMs: 700 })

  test('clone() has the files of the log alone, whatever else is in the drive and however it is called', async () => {
    const odd = [
      '/../../out',
      '/-/log/../../../out',
      '/files/one',
      '/a\0b',
      '/-/log/body/\n',
      '//x',
    ]
    await using shared = await share(async (drive) => {
      const { value } = (await drive.entry('/-/log/key')) ?? {}
      for (const name of odd) await drive.db.put(`files\0${name}`, value ?? {})
      for (let at = 0; at < 1000; at++) await drive.put(`/-/log/blob/${at}`, Buffer.from('no'))
      await drive.put('/huge', Buffer.alloc(2 ** 24))
    })
    const dir = fresh()
    const { size, files } = await cloneFrom(shared.address, join(dir, 'copy'))
    assert.deepEqual([size, files?.total], [entries, names.length])
    assert.deepEqual(readdirSync(dir), ['copy'])
    assert.deepEqual(readdirSync(join(dir, 'copy')).toSorted(), ['-', 'files', 'lock.db'])
    assert.deepEqual(readdirSync(join(dir, 'copy/files')).toSorted(), ['one', 'two'])
    assert.ok(!existsSync(join(dir, 'copy/-/log/blob/1')))
  })

  test('clone() says what is not sent, leaves no checkpoint, and goes on when it is there again', async () => {
    const [path, dir] = [`/-/log/effects/000.p/${entries}`, fresh()]
    let bytes: Uint8Array = new Uint8Array(0)
    await using shared = await share(async (drive) => {
      bytes = (await drive.get(path, { wait: false })) ?? bytes
      const blob = { blockOffset: 5000, blockLength: 1, byteOffset: 0, byteLength: 100 }
      await drive.db.put(`files\0${path}`, { blob })
    })
    await assert.rejects(cloneFrom(shared.address, dir), (error) => {
      assert.ok(isSteleError(error, 'peers_silent'), String(error))
      assert.match(error.message, /was not sent for 0\.7 seconds/)
      return true
    })
    assert.ok(!existsSync(join(dir, '-/log/checkpoint')))
    await shared.drive.put(path, bytes)
    assert.equal((await cloneFrom(shared.address, dir)).size, entries)
  })

  test('clone() stops at once when it is told to, while it searches and while it waits', async () => {
    await using shared = await share(async (drive) => {
      const blob = { blockOffset: 5000, blockLength: 1, byteOffset: 0, byteLength: 100 }
      await drive.db.put(`files\0/-/log/effects/000.p/${entries}`, { blob })
    })
    const isStopped = (error: unknown): boolean => isSteleError(error, 'clone_stopped')
    const long = { bootstrap: testnet.bootstrap, searchMs: 3_600_000, silenceMs: 3_600_000 }
    for (const address of [shared.address, formatAddress(randomBytes(32))]) {
      const { signal, abort } = createAbort()
      const cloning = clone(address, fresh(), { ...long, signal, progress: abort })
      if (address !== shared.address) abort()
      await assert.rejects(cloning, isStopped)
    }
  })

  test('clone() ends with an error of its own when a file of the log is missing, or is larger than any', async () => {
    const changes: readonly ((drive: Hyperdrive) => Promise<void>)[] = [
      (drive) => drive.del('/-/log/checkpoint'),
      (drive) => drive.del(`/-/log/body/000.p/${entries}`),
      (drive) => drive.put('/-/log/key', Buffer.alloc(2 ** 24)),
      (drive) => drive.put('/-/log/checkpoint', Buffer.alloc(2 ** 24)),
      (drive) => drive.put('/-/log/checkpoint', Buffer.alloc(0)),
    ]
    for (const change of changes) {
      await using shared = await share(change)
      const dir = fresh()
      await assert.rejects(cloneFrom(shared.address, dir), (error) => isSteleError(error))
      assert.ok(!existsSync(join(dir, '-/log/checkpoint')))
    }
  })

  test('clone() throws peers_silent when nobody is there, and when whoever is there speaks of something else', async () => {
    const address = formatAddress(randomBytes(32))
    const isSilent = (error: unknown): boolean => isSteleError(error, 'peers_silent')
    await assert.rejects(cloneFrom(address, fresh(), 500), isSilent)
    await using shared = await share(async () => undefined)
    const other = parseAddress(shared.address)
    other[0] = (other[0] ?? 0) ^ 1
    await assert.rejects(cloneFrom(formatAddress(other), fresh(), 500), isSilent)
  })

  test('clone() gets from an honest peer what another one spoils', async () => {
    await using shared = await share(async () => undefined)
    const { swarm, close } = await openNetwork(fresh(), testnet.bootstrap)
    swarm.on('connection', (connection) => {
      connection.write(randomBytes(1000))
    })
    try {
      await swarm.join(shared.drive.discoveryKey, { server: true, client: false }).flushed()
      assert.equal((await cloneFrom(shared.address, fresh())).size, entries)
    } finally {
      await close()
    }
  })

  test('clone() leaves a folder of something else alone, and a clone of another log', async () => {
    await using shared = await share(async () => undefined)
    const isRefused = (error: unknown): boolean => isSteleError(error, 'data_invalid')
    await assert.rejects(cloneFrom(shared.address, root), isRefused)
    const dir = fresh()
    await cloneFrom(shared.address, dir)
    const vm = new VM(script)
    const other = fresh()
    await vm.deploy({ dir: other })
    await vm.close()
    await using second = await share(async (drive) => {
      for await (const { key } of drive.list('/')) await drive.del(key)
      await createSync(drive, join(other, 'public'))()
    })
    const found: unknown[] = []
    const contradicted = (each: unknown): void => void found.push(each)
    const asked = { bootstrap: testnet.bootstrap, contradicted }
    await assert.rejects(clone(second.address, dir, asked), (error) => {
      assert.ok(isSteleError(error, 'history_replaced'), String(error))
      return true
    })
    assert.equal(found.length, 1, 'both signed checkpoints are given to whoever keeps them')
  })
})

function createAbort(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
