// Logs and files verified by a program, as NodeVMS's library does it: fetched, run again, compared.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type ErrorCode, isSteleError } from '@stele/errors'
import { openCallLog, sourceOf } from '../src/vm/call-log.ts'
import type { CallLogSource } from '../src/vm/call-log-source.ts'
import { CallLog, FilesArchive, RPCServer, Verifier, VM } from '../src/vm.ts'

const script = `
let count = 0
exports.init = () => System.files.mkdir('/kept')
exports.write = async (name, text) => {
  await System.files.writeFile('/kept/' + name, text)
  return { count: ++count, chance: Math.random(), time: Date.now() }
}
exports.fail = () => { count++; throw new TypeError('a failure') }
`

const isCode =
  (code: ErrorCode, said: RegExp) =>
  (error: unknown): boolean =>
    isSteleError(error, code) && said.test(error.message)

suite('Verifier', () => {
  let folder = ''
  let number = 0
  let url = ''
  let vm = new VM(script)
  const server = new RPCServer()
  const freshDir = (): string => join(folder, `dir-${number++}`)

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stele-verifier-'))
    vm = new VM(script)
    await vm.deploy({ dir: join(folder, 'vm') })
    await vm.executeCall({ methodName: 'write', args: ['a', 'one'], userId: 'bob' })
    await assert.rejects(vm.executeCall({ methodName: 'fail' }))
    await vm.executeCall({ methodName: 'write', args: ['long', 'y'.repeat(20_000)] })
    server.mount('/', vm)
    await server.listen(0)
    url = server.url ?? ''
  })
  after(async () => {
    await server.close()
    await vm.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('compareLogs() and compareArchives() find no difference when calls run again give what the service says', async () => {
    const [callLog, files] = [await CallLog.fetch(url), await FilesArchive.fetch(url)]
    assert.deepEqual(await callLog.list(), await vm.callLog?.list())
    for (const filesArchiveUrl of [`${url}/-/files/`, vm.filesArchive?.url ?? '']) {
      const dir = freshDir()
      const again = await VM.fromCallLog(callLog, { filesArchiveUrl }, { dir })
      assert.ok(again.callLog !== null && again.filesArchive !== null)
      await Verifier.compareLogs(callLog, again.callLog)
      await Verifier.compareArchives(files, again.filesArchive)
      await Verifier.compareArchives(await FilesArchive.fetch(join(dir, 'files')), files)
      assert.equal(readFileSync(join(dir, 'files/kept/a'), 'utf8'), 'one')
      assert.equal(again.code, script)
      await assert.rejects(again.executeCall({ methodName: 'fail' }), isCode('vm_closed', /./))
      await again.close()
      assert.equal(again.callLog, null)
    }
  })

  test('fromCallLog() runs the log of a VM that is deployed as well', async () => {
    const { callLog, filesArchive } = vm
    assert.ok(callLog !== null && filesArchive !== null)
    const again = await VM.fromCallLog(
      callLog,
      { filesArchiveUrl: filesArchive.url },
      { dir: freshDir() },
    )
    assert.ok(again.callLog !== null && again.filesArchive !== null)
    await Verifier.compareLogs(callLog, again.callLog)
    await Verifier.compareArchives(filesArchive, again.filesArchive)
  })

  test('VM.fromCallLog() throws when the files have another address, or the folder is in use', async () => {
    const callLog = await CallLog.fetch(url)
    const other = { filesArchiveUrl: 'http://elsewhere/-/files/' }
    const isOther = isCode('files_url_differs', /elsewhere/)
    await assert.rejects(VM.fromCallLog(callLog, other, { dir: freshDir() }), isOther)
    const own = { filesArchiveUrl: `${url}/-/files/` }
    const dir = join(folder, 'vm')
    await assert.rejects(VM.fromCallLog(callLog, own, { dir }), isCode('data_invalid', /holds/))
  })

  test('CallLog.fetch() throws when a file of the log was changed', async () => {
    const dir = freshDir()
    const copy = new VM(script)
    await copy.deploy({ dir })
    await copy.executeCall({ methodName: 'write', args: ['a', 'secret'] })
    await copy.close()
    assert.equal(await (await CallLog.fetch(join(dir, 'public'))).length(), 2)
    const path = join(dir, 'public/-/log/body/000.p/3')
    const bytes = readFileSync(path)
    bytes[bytes.indexOf('secret')] = 0x53
    writeFileSync(path, bytes)
    const isBody = isCode('entry_mismatch', /^Entry 1 .* hash of its body/)
    await assert.rejects(CallLog.fetch(join(dir, 'public')), isBody)
  })

  const listings: readonly (readonly [what: string, text: string])[] = [
    ['a folder within itself', '{"entries":["a/"]}'],
    ['a folder without a name', '{"entries":["/"]}'],
    ['a step upwards', '{"entries":["../"]}'],
    ['names of several folders', '{"entries":["a/b"]}'],
    ['what is no JSON', '{'],
    ['a list of nothing', '{"entries":7}'],
  ]
  for (const [what, text] of listings) {
    test(`FilesArchive.fetch() throws server_refused when a service lists ${what}`, async (t) => {
      const liar = createServer((_request, response) => response.end(text))
      t.after(() => liar.close())
      liar.listen(0, '127.0.0.1')
      await once(liar, 'listening')
      const address = Object(liar.address()).port
      const fetched = FilesArchive.fetch(`http://127.0.0.1:${address}`)
      await assert.rejects(fetched, isCode('server_refused', /not a listing/))
    })
  }

  test('compareLogs() names the first entry that differs, and how', async () => {
    const { callLog } = vm
    assert.ok(callLog !== null)
    const source = sourceOf(callLog)
    const entries = await source.entries(0, source.size())
    const logOf = (changes: Partial<CallLogSource>): CallLog =>
      openCallLog({ ...source, ...changes })
    const cases: readonly (readonly [Partial<CallLogSource>, RegExp])[] = [
      [{ blob: () => Buffer.from('another') }, /^Entry 0 .* its script: found "another", wanted/],
      [{ filesArchiveUrl: 'x' }, /^Entry 0 .* its files' address: found "x"/],
      [
        { size: () => 3 },
        /^Entry 3 .* its place in the log: found nothing, wanted \{"type":"call"/,
      ],
      [
        { entries: (start) => (start === 0 ? entries.toSpliced(1, 1) : []) },
        /^Entry 1 .* its call: found \{"methodName":"fail"/,
      ],
      [
        {
          entries: (start) =>
            start === 0 ? entries.map((one) => ({ ...one, effects: null })) : [],
        },
        /^Entry 1 .* its result: found \{"filesVersion":1\}, wanted \{"res"/,
      ],
    ]
    for (const [changes, said] of cases) {
      const found = logOf(changes)
      await assert.rejects(Verifier.compareLogs(found, callLog), isCode('entry_mismatch', said))
    }
    await Verifier.compareLogs(logOf({}), callLog)
  })

  test('compareArchives() names the first file that differs, and how', async () => {
    const { filesArchive } = vm
    assert.ok(filesArchive !== null)
    const archiveOf = (rows: Readonly<Record<string, Readonly<Record<string, string>>>>) =>
      new FilesArchive('x', {
        get: (object, field) => {
          const text = rows[object]?.[field]
          return text === undefined ? undefined : Buffer.from(text)
        },
        list: (object) => Object.keys(rows[object] ?? {}),
      })
    const kept = { a: 'one', long: 'y'.repeat(20_000) }
    const cases: readonly (readonly [ReturnType<typeof archiveOf>, RegExp])[] = [
      [archiveOf({}), /"\/kept" differs: it: found nothing, wanted a folder/],
      [archiveOf({ '/': { kept: '' } }), /"\/kept" differs: it: found a file, wanted a folder/],
      [
        archiveOf({ '/': { 'kept/': '' }, '/kept': { ...kept, a: 'onE' } }),
        /"\/kept\/a" differs: its bytes from number 2 on: found "E", wanted "e"/,
      ],
      [
        archiveOf({ '/': { 'kept/': '' }, '/kept': { ...kept, b: '' } }),
        /"\/kept\/b" differs: it: found a file, wanted nothing/,
      ],
    ]
    for (const [found, said] of cases) {
      const isDifferent = isCode('archive_mismatch', said)
      await assert.rejects(Verifier.compareArchives(found, filesArchive), isDifferent)
    }
    const same = archiveOf({ '/': { 'kept/': '' }, '/kept': kept })
    await Verifier.compareArchives(same, filesArchive)
  })
})
