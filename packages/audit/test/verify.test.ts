// Every single byte counts: whatever file is changed, the verification fails and names the entry.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { type LogBuilder, roundsOf } from '@stele/testkit'
import type { VerifyReport } from '../src/report.ts'
import {
  flip,
  newLog,
  publish,
  sampleChecks,
  serve,
  tarballText,
  url,
  verifyFiles,
} from './sample-log.ts'

const names = ['left', '@s/right']
const longText = 'long '.repeat(5000)
const sampledPositions = roundsOf({ modest: 6, full: 100 })

/** Entries of every kind, a withheld body, a long value, two packages. */
function sampleLog(): LogBuilder {
  const log = newLog()
  publish(log, 'left', '1.0.0')
  publish(log, '@s/right', '1.0.0')
  log.call(null, 'fail', ['no'])
  log.call('bob', 'put', [['/notes', 'long', longText]])
  log.call('bob', 'put', [['/notes', 'a', 'taken down']])
  log.config({ script: 'two', upstreams: {} })
  log.call(null, 'script', [])
  log.takedown([{ entry: 5, part: 'body' }])
  log.call('bob', 'put', [['/notes', 'a', null]])
  return log
}

/** What the first finding says: its entry, or its path where there is none. */
function firstFinding({ findings }: VerifyReport): {
  code: string | undefined
  entry: unknown
  path: unknown
} {
  const [finding] = findings
  const details: { entry?: unknown; path?: unknown } = Object(finding?.details)
  return { code: finding?.code, entry: details.entry, path: details.path }
}

suite('verifyService()', () => {
  test('verifyService() counts what it checked when all is right', async () => {
    const log = sampleLog()
    const report = await verifyFiles(serve(log, names), { key: log.signer.vkey })
    assert.equal(report.verdict, 'verified_except')
    assert.deepEqual(report.findings, [])
    assert.deepEqual(report.exceptions, [
      { from: 5, to: 5, unchecked: 'rule', reason: 'taken down ("asked for")' },
    ])
    const { checkpoint, entriesReplayed, callsRun, contentsChecked, servedCompared } = report
    const counts = [checkpoint?.size, entriesReplayed, callsRun, contentsChecked, servedCompared]
    assert.deepEqual(counts, [10, 10, 6, 2, 2])
    assert.equal(report.clockMs, Math.floor(log.timeMs / 1000) * 1000)
    assert.equal(report.key, log.signer.vkey)
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report)
  })

  test('verifyService() is verified when nothing was taken down', async () => {
    const log = newLog()
    publish(log, 'left', '1.0.0')
    const report = await verifyFiles(serve(log, ['left']))
    assert.deepEqual([report.verdict, report.warnings], ['verified', []])
  })

  test('verifyService() says so when tarballs are skipped', async () => {
    const log = newLog()
    publish(log, 'left', '1.0.0')
    const files = serve(log, ['left'])
    for (const path of files.keys()) if (path.endsWith('.tgz')) files.delete(path)
    const report = await verifyFiles(files, { contents: false })
    const { verdict, contentsChecked, warnings } = report
    assert.deepEqual(
      [verdict, contentsChecked, warnings],
      ['verified', null, ['Tarballs were not checked']],
    )
  })

  test('verifyService() counts contents that are compared where they are served, and tells what the service notes', async () => {
    const log = newLog()
    for (const name of ['left', 'right']) publish(log, name, '1.0.0')
    const contents = { compared: 3, notGiven: 1, heldBack: 0, notKnown: 2 }
    const checks = {
      ...sampleChecks,
      checkServed: async () => ({ faults: [], missing: [], contents }),
      notes: () => ['Something was refused'],
    }
    const files = serve(log, ['left', 'right'])
    const report = await verifyFiles(files, { checks })
    assert.deepEqual(report.servedContents, { compared: 6, notGiven: 2, heldBack: 0, notKnown: 4 })
    assert.deepEqual(report.warnings, [
      '2 tarballs that the log does not keep could not be had now, and were not compared',
      '4 tarballs were not compared, as the log does not tell yet what they hold',
      'Something was refused',
    ])
    assert.equal(report.verdict, 'verified')
  })

  test('verifyService() does not count as right what is not served now', async () => {
    const log = newLog()
    for (const name of ['left', 'right']) publish(log, name, '1.0.0')
    const checks: typeof sampleChecks = {
      ...sampleChecks,
      checkServed: async ({ key }) => ({ faults: [], missing: [], isNotGiven: key === 'left' }),
    }
    const report = await verifyFiles(serve(log, ['left', 'right']), { checks })
    assert.deepEqual([report.servedCompared, report.servedNotGiven], [1, 1])
    assert.deepEqual(report.warnings, ['1 package could not be had now, and was not compared'])
    assert.equal(report.verdict, 'verified')
  })

  test('verifyService() warns when the clock has not signed for over a day', async () => {
    const log = newLog()
    const nowMs = (): number => log.timeMs + 25 * 60 * 60 * 1000
    const { verdict, warnings } = await verifyFiles(serve(log), { nowMs })
    assert.equal(verdict, 'verified')
    assert.match(warnings.join(), /signed 25 hours ago/)
  })

  test('verifyService() warns when the clock signed in the future', async () => {
    const log = newLog()
    const nowMs = (): number => log.timeMs - 3 * 60 * 60 * 1000
    const { warnings } = await verifyFiles(serve(log), { nowMs })
    assert.match(warnings.join(), /signed 3 hours in the future/)
  })

  test('verifyService() excepts what reads a withheld value to compare what is served', async () => {
    const log = newLog()
    publish(log, 'left', '1.0.0')
    publish(log, '@s/right', '1.0.0')
    log.takedown([
      { entry: 1, part: 'values' },
      { entry: 1, part: 'body' },
    ])
    const checks = {
      ...sampleChecks,
      checkListings: sampleChecks.checkServed.bind(undefined, { key: 'left', entry: 0, facts: {} }),
    }
    const { verdict, findings, exceptions, servedCompared } = await verifyFiles(
      serve(log, ['@s/right']),
      { checks },
    )
    assert.deepEqual([verdict, findings, servedCompared], ['verified_except', [], 1])
    const reason = 'values of its state are withheld'
    const served = exceptions.filter(({ unchecked }) => unchecked === 'served')
    assert.deepEqual(served, [
      { from: 0, to: 0, unchecked: 'served', reason, subject: 'left' },
      { from: 3, to: 3, unchecked: 'served', reason, subject: 'the listings' },
    ])
  })

  test('verifyService() throws server_refused when no log is served', async () => {
    const refused = (error: unknown): boolean => isSteleError(error, 'server_refused')
    await assert.rejects(verifyFiles(new Map()), refused)
    const fetch = async (): Promise<{ status: number; bytes: Uint8Array }> => {
      return { status: 401, bytes: new Uint8Array(0) }
    }
    await assert.rejects(verifyFiles(new Map(), { fetch }), refused)
  })

  test('verifyService() lets the ports errors pass', async () => {
    const error = new Error('gone')
    const fetch = (): Promise<never> => Promise.reject(error)
    await assert.rejects(verifyFiles(new Map(), { fetch }), error)
    assert.equal(url, 'https://registry.example')
  })
})

/** The record that a position of a bundle lies in; lengths have 2 or 4 bytes. */
function recordAt(bytes: Uint8Array, position: number, lengthBytes: 2 | 4): number {
  const view = Buffer.from(bytes)
  for (let at = 0, record = 0; ; record++) {
    const length = view.readUIntBE(at, lengthBytes)
    at += lengthBytes + (length === 0xffffffff ? 0 : length)
    if (position < at) return record
  }
}

/** The entry that a changed byte must be blamed on; null: the log as a whole. */
function blamed(log: LogBuilder, path: string, bytes: Uint8Array, position: number): number | null {
  if (path.startsWith('/-/log/tile/0/')) return Math.floor(position / 32)
  if (path.startsWith('/-/log/tile/entries/')) return recordAt(bytes, position, 2)
  if (/^\/-\/log\/(?:body|effects|value)\//.test(path)) return recordAt(bytes, position, 4)
  if (!path.startsWith('/-/log/blob/')) return null
  const text = Buffer.from(bytes).toString()
  if (text === longText) return 4
  if (text === 'two') return 6
  if (text === tarballText('left', '1.0.0')) return 1
  if (text === tarballText('@s/right', '1.0.0')) return 2
  assert.ok(log.size > 0)
  return 0
}

suite('verifyService() names the entry when one bit is changed', () => {
  const log = sampleLog()
  const right = serve(log, names)
  for (const [path, bytes] of right) {
    if (!path.startsWith('/-/log/')) continue
    test(`verifyService() fails when a bit of ${path.slice(0, 40)} is changed`, async () => {
      const step = Math.max(1, Math.floor(bytes.length / sampledPositions))
      for (let position = 0; position < bytes.length; position += step) {
        const files = new Map(right)
        flip(files, path, position, 1 << (position % 8))
        const report = await verifyFiles(files)
        assert.equal(report.verdict, 'failed', `byte ${position}`)
        const { entry } = firstFinding(report)
        assert.equal(entry, blamed(log, path, bytes, position), `byte ${position}`)
      }
    })

    test(`verifyService() fails when ${path.slice(0, 40)} is missing, empty, or longer`, async () => {
      const changes: readonly (Uint8Array | undefined)[] = [
        undefined,
        new Uint8Array(0),
        Buffer.concat([bytes, bytes]),
        bytes.subarray(0, -1),
      ]
      for (const change of changes) {
        const files = new Map(right)
        if (change === undefined) files.delete(path)
        else files.set(path, change)
        // Without keys there is no log; the same keys twice, or without the last line's end, say the same.
        if (path.endsWith('key') && change?.length !== 0) continue
        const report = await verifyFiles(files)
        assert.equal(report.verdict, 'failed', `${change?.length} bytes`)
        if (path.startsWith('/-/log/blob/')) {
          assert.equal(firstFinding(report).entry, blamed(log, path, bytes, 0))
        }
      }
    })
  }
})

suite('verifyService() with more than one bundle', () => {
  const log = newLog()
  for (let i = 1; i < 300; i++) log.call('bob', 'put', [['/notes', `n${i % 50}`, `${i}`]])
  const right = serve(log)

  test('verifyService() verifies when nothing is changed', async () => {
    const report = await verifyFiles(right)
    assert.deepEqual([report.verdict, report.checkpoint?.size], ['verified', 300])
  })

  const cases = [
    ['/-/log/tile/1/000.p/1', 5, 0],
    ['/-/log/tile/0/000', 32 * 255, 255],
    ['/-/log/tile/0/001.p/44', 32 * 43 + 31, 299],
    ['/-/log/tile/entries/001.p/44', 2 * 108 + 50, 258],
    ['/-/log/body/000', 100, 0],
  ] as const
  for (const [path, position, entry] of cases) {
    test(`verifyService() names entry ${entry} when byte ${position} of ${path} is changed`, async () => {
      const files = new Map(right)
      flip(files, path, position)
      const finding = firstFinding(await verifyFiles(files))
      assert.equal(finding.entry, entry)
    })
  }

  test('verifyService() takes the full tile or bundle when the partial one is gone', async () => {
    const files = new Map(right)
    const larger = newLog()
    for (let i = 1; i < 512; i++) larger.call('bob', 'put', [['/notes', `n${i % 50}`, `${i}`]])
    const full = larger.files()
    for (const [path] of right) {
      if (!path.endsWith('.p/44')) continue
      files.delete(path)
      const whole = path.slice(0, -'.p/44'.length)
      files.set(whole, full.get(whole) ?? new Uint8Array(0))
    }
    assert.equal((await verifyFiles(files)).verdict, 'verified')
  })
})
