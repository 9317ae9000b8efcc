// What one verification keeps, and what the next one makes of it.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { SteleError } from '@stele/errors'
import { createNotesExecutor, LogBuilder } from '@stele/testkit'
import type { VerifyPorts } from '../src/index.ts'
import { readSnapshot, writeSnapshot } from '../src/index.ts'
import type { KeptRun } from '../src/public/report.ts'
import {
  newLog,
  origin,
  portsOver,
  publish,
  serve,
  stateless,
  url,
  verifyAndKeep,
} from './sample-log.ts'

/** 300 entries and a release; `seed` makes other ones. */
function grownLog(seed = 'x'): LogBuilder {
  const log = newLog()
  publish(log, 'left', '1.0.0')
  for (let i = 2; i < 300; i++) log.call('bob', 'put', [['/notes', `n${i % 50}`, `${seed}${i}`]])
  return log
}

/** The first two entries of it. */
function shortLog(): LogBuilder {
  const log = newLog()
  publish(log, 'left', '1.0.0')
  return log
}

/** What was kept, written to a file and read again. */
async function keep(log: LogBuilder): Promise<KeptRun> {
  const { keep } = await verifyAndKeep(serve(log, ['left']))
  assert.ok(keep?.continuation !== undefined)
  const file = Buffer.concat([...writeSnapshot(keep.continuation() ?? assert.fail())])
  const open = () => {
    let at = 0
    return readSnapshot((target) => {
      assert.ok(at + target.length <= file.length)
      target.set(file.subarray(at, at + target.length))
      at += target.length
    })
  }
  return { log: keep.log, continuation: open, tree: () => open()?.hashes }
}

/** Counts what is asked for below the log. */
function counting(files: ReadonlyMap<string, Uint8Array>): {
  readonly asked: string[]
  readonly fetch: VerifyPorts['fetch']
} {
  const asked: string[] = []
  const { fetch } = portsOver(files)
  return { asked, fetch: (path, ...rest) => (asked.push(path), fetch(path, ...rest)) }
}

suite('verifyService() after another verification', () => {
  test('verifyService() asks for what is new alone, and reports the whole', async () => {
    const log = grownLog()
    const kept = await keep(log)
    log.call('bob', 'put', [['/notes', 'new', 'one']])
    publish(log, 'right', '2.0.0')
    const { asked, fetch } = counting(serve(log, ['left', 'right']))
    const { report } = await verifyAndKeep(serve(log, ['left', 'right']), {
      fetch,
      kept: () => kept,
    })
    assert.deepEqual([report.verdict, report.findings], ['verified', []])
    const { entriesReplayed, entriesNew, callsRun, contentsChecked, known } = report
    assert.deepEqual([entriesReplayed, entriesNew, callsRun, contentsChecked], [302, 2, 301, 2])
    assert.equal(known?.size, 300)
    assert.deepEqual(asked.filter((path) => /body|blob/.test(path)).length, 1 + 3)
    assert.ok(!asked.some((path) => path.endsWith('/body/000')))
  })

  test('verifyService() verifies again when there is nothing new', async () => {
    const log = grownLog()
    const kept = await keep(log)
    const { report } = await verifyAndKeep(serve(log, ['left']), { kept: () => kept })
    const { verdict, entriesNew, checkpoint } = report
    assert.deepEqual([verdict, entriesNew, checkpoint?.verified], ['verified', 0, true])
  })

  for (const withReplay of [true, false]) {
    const having = withReplay ? 'with the replay' : 'with the checkpoint alone'
    const choose = (kept: KeptRun): KeptRun => (withReplay ? kept : { log: kept.log })

    test(`verifyService() finds another history above all when it goes on ${having}`, async () => {
      const kept = choose(await keep(grownLog()))
      const other = grownLog('y')
      other.call('bob', 'put', [['/notes', 'new', 'one']])
      const files = serve(other, ['left'])
      files.set('/left', Buffer.from('{}'))
      const { report, keep: again } = await verifyAndKeep(files, { kept: () => kept })
      assert.equal(report.findings[0]?.code, 'history_forked')
      assert.match(
        report.findings[0]?.message ?? '',
        /This is another history .* its first 300 entries/,
      )
      assert.deepEqual([report.known?.note, again], [kept.log.note, undefined])
      assert.notEqual(report.checkpoint?.note, kept.log.note)
      assert.equal(report.checkpoint?.verified, false)
    })

    test(`verifyService() finds an older log when it goes on ${having}`, async () => {
      const kept = choose(await keep(grownLog()))
      const older = newLog()
      publish(older, 'left', '1.0.0')
      const { report } = await verifyAndKeep(serve(older, ['left']), { kept: () => kept })
      assert.equal(report.findings[0]?.code, 'history_older')
      assert.match(
        report.findings[0]?.message ?? '',
        /older than what you saw: 2 entries, .* there were 300/,
      )
      assert.match(
        report.findings[0]?.message ?? '',
        withReplay ? /there were 300$/ : /cannot be told/,
      )
    })
  }

  test('verifyService() reads all of a copy at another place, and finds what is wrong there', async () => {
    const log = grownLog()
    const { log: seen, tree } = await keep(log)
    const kept = { log: { ...seen, place: 'elsewhere' }, ...(tree && { tree }) }
    const right = serve(log, ['left'])
    const { asked, fetch } = counting(right)
    const { report, keep: again } = await verifyAndKeep(right, { fetch, kept: () => kept })
    const { verdict, entriesNew, contentsChecked, contentsNew, known } = report
    assert.deepEqual(
      [verdict, entriesNew, contentsChecked, contentsNew, known?.place, again?.log.place],
      ['verified', 300, 1, 1, 'elsewhere', url],
    )
    assert.ok(asked.some((path) => path.endsWith('/body/000')))
    for (const [path, bytes] of right) {
      if (!path.startsWith('/-/log/blob/') && !path.startsWith('/-/log/body/')) continue
      const files = new Map(right).set(
        path,
        bytes.map((byte) => byte ^ 1),
      )
      const { report } = await verifyAndKeep(files, { kept: () => kept })
      assert.equal(report.verdict, 'failed', path)
    }
  })

  for (const [seed, code, message] of [
    ['x', 'history_older', /there were 300$/],
    ['y', 'history_forked', /This is another history/],
  ] as const) {
    test(`verifyService() finds ${code} at another place when it ends earlier`, async () => {
      const { log, tree } = await keep(grownLog())
      const kept = { log, ...(tree && { tree }) }
      const older = newLog()
      publish(older, 'left', '1.0.0')
      older.call('bob', 'put', [['/notes', 'n2', `${seed}2`]])
      const { report } = await verifyAndKeep(serve(older, ['left']), { kept: () => kept })
      assert.equal(report.findings[0]?.code, code)
      assert.match(report.findings[0]?.message ?? '', message)
    })
  }

  test('verifyService() takes an older copy for what it is when nothing is served beside the log', async () => {
    const kept = await keep(grownLog())
    const older = newLog()
    publish(older, 'left', '1.0.0')
    const files = serve(older)
    const ports = portsOver(files)
    const checks = { ...ports.checks, isServed: async () => false }
    const { report } = await verifyAndKeep(files, { kept: () => kept, checks })
    assert.deepEqual([report.verdict, report.served], ['verified', false])
    assert.match(report.warnings.join(), /older than what you saw/)
  })

  test('verifyService() finds an older log of another history', async () => {
    const kept = await keep(grownLog())
    const other = newLog()
    publish(other, 'other', '1.0.0')
    const { report } = await verifyAndKeep(serve(other, ['other']), { kept: () => kept })
    assert.equal(report.findings[0]?.code, 'history_forked')
  })

  test('verifyService() keeps nothing when something is wrong', async () => {
    const files = serve(grownLog(), ['left'])
    files.set('/left', Buffer.from('{}'))
    const { report, keep: kept } = await verifyAndKeep(files)
    assert.deepEqual([report.verdict, kept], ['failed', undefined])
  })

  test('verifyService() goes on with what was taken down, and with whose numbers were taken', async () => {
    const log = grownLog()
    log.takedown([{ entry: 5, part: 'body' }])
    const kept = await keep(log)
    log.call('bob', 'put', [['/notes', 'new', 'one']])
    const { report } = await verifyAndKeep(serve(log, ['left']), { kept: () => kept })
    assert.deepEqual(
      [report.verdict, report.exceptedEntries, report.findings],
      ['verified_except', 1, []],
    )
  })

  test('verifyService() reports a takedown of what it verified before as whoever comes first does', async () => {
    const log = grownLog()
    const kept = await keep(log)
    log.takedown([{ entry: 5, part: 'body' }])
    const again = await verifyAndKeep(serve(log, ['left']), { kept: () => kept })
    const first = await verifyAndKeep(serve(log, ['left']))
    assert.deepEqual(
      [again.report.verdict, again.report.exceptions],
      [first.report.verdict, first.report.exceptions],
    )
    assert.equal(again.report.verdict, 'verified_except')
  })
})

suite('verifyService() after a script that keeps a memory', () => {
  for (const [title, spoil] of [
    ['is known', () => undefined],
    ['was lost', (log: LogBuilder) => log.takedown([{ entry: 1, part: 'body' }])],
  ] as const) {
    test(`verifyService() keeps the checkpoint alone when the memory ${title}`, async () => {
      const log = new LogBuilder({ origin, createExecutor: createNotesExecutor })
      for (let i = 0; i < 2; i++) log.call(null, 'count', [])
      spoil(log)
      const createExecutor = createNotesExecutor
      const { keep: kept } = await verifyAndKeep(serve(log), { createExecutor })
      assert.deepEqual([kept?.log.size, kept?.continuation], [log.size, undefined])
      log.config({ script: 'two' })
      const { keep: again } = await verifyAndKeep(serve(log), { createExecutor })
      assert.ok(again?.continuation !== undefined)
    })
  }
})

suite('verifyService() at an address where a log was verified before', () => {
  const replacements: readonly (readonly [title: string, make: () => LogBuilder])[] = [
    ['another origin', () => newLog({ origin: 'other.example' })],
    ['another key', () => newLog({ keySeed: 'other' })],
  ]
  for (const [title, make] of replacements) {
    test(`verifyService() finds ${title} before all else, and shows what it signed`, async () => {
      const { log: known } = await keep(grownLog())
      const other = make()
      const { report, keep: kept } = await verifyAndKeep(serve(other), { known })
      assert.deepEqual([report.verdict, kept], ['failed', undefined])
      assert.deepEqual(
        report.findings.map(({ code }) => code),
        ['history_replaced'],
      )
      assert.match(report.findings[0]?.message ?? '', /This is not the log that was verified here/)
      const { checkpoint } = report
      const note = other.sign().checkpoint
      assert.deepEqual(
        [report.known?.note, checkpoint?.note, checkpoint?.verified],
        [known.note, note, false],
      )
    })

    test(`verifyService() takes ${title} when the user gave it, and says so`, async () => {
      const { log: known } = await keep(grownLog())
      const other = make()
      const key = other.signer.vkey
      const { report, keep: kept } = await verifyAndKeep(serve(other), { key, known })
      assert.equal(report.verdict, 'verified', report.findings[0]?.message)
      assert.equal(kept?.log.key, key)
      assert.match(report.warnings.join(), /--key has put another in its place/)
    })
  }

  test('verifyService() takes no checkpoint that a second key beside the known one has signed', async () => {
    const { log: known } = await keep(newLog())
    const files = serve(newLog({ keySeed: 'other' }))
    const keys = Buffer.from(files.get('/-/log/key') ?? []).toString()
    files.set('/-/log/key', Buffer.from(`${keys}${known.key}\n`))
    const { report } = await verifyAndKeep(files, { known })
    assert.equal(report.verdict, 'failed')
  })

  test('verifyService() finds another key of an origin that it knows from elsewhere', async () => {
    const kept = await keep(grownLog())
    const files = serve(newLog({ keySeed: 'other' }))
    const { report } = await verifyAndKeep(files, { kept: () => kept })
    assert.equal(report.findings[0]?.code, 'history_replaced')
  })

  test('verifyService() verifies when the log is the known one', async () => {
    const log = grownLog()
    const { log: known } = await keep(log)
    const { report } = await verifyAndKeep(serve(log, ['left']), { known })
    assert.equal(report.verdict, 'verified')
  })
})

suite('verifyService() since a checkpoint that is trusted', () => {
  test('verifyService() does not run calls before it, and says so', async () => {
    const log = grownLog()
    const { report } = await verifyAndKeep(serve(log, ['left']), { since: { size: 290 } })
    assert.deepEqual([report.verdict, report.callsRun], ['verified', 10])
    assert.match(report.warnings.join(), /first 290 entries were not run again/)
  })

  test('verifyService() runs the calls before it too when their script keeps a memory', async () => {
    const log = new LogBuilder({ origin, createExecutor: createNotesExecutor })
    for (let i = 0; i < 4; i++) log.call(null, 'count', [])
    const options = { since: { size: 3 }, createExecutor: createNotesExecutor }
    const { report } = await verifyAndKeep(serve(log), options)
    assert.deepEqual([report.verdict, report.findings, report.callsRun], ['verified', [], 4])
    assert.doesNotMatch(report.warnings.join(), /not run again/)
    log.config({ script: 'two' })
    log.call(null, 'count', [])
    const later = await verifyAndKeep(serve(log), { ...options, since: { size: 6 } })
    assert.deepEqual([later.report.verdict, later.report.callsRun], ['verified', 5])
  })

  test('verifyService() takes no notice of an unknown engine before it', async () => {
    const log = newLog()
    log.call('bob', 'put', [['/notes', 'a', 'one']])
    log.config({ script: 'two' })
    log.call('bob', 'put', [['/notes', 'a', 'two']])
    log.config({ script: 'one' })
    log.call('bob', 'put', [['/notes', 'a', 'three']])
    const createExecutor: VerifyPorts['createExecutor'] = (settings) => {
      if (Buffer.from(settings.script).toString() === 'one') return stateless(settings)
      throw new SteleError('engine_unknown', { engine: 'ab'.repeat(64), reason: 'not here' })
    }
    const { report } = await verifyAndKeep(serve(log), { since: { size: 4 }, createExecutor })
    assert.deepEqual([report.verdict, report.callsRun], ['verified', 1])
    const done = verifyAndKeep(serve(log), { since: { size: 3 }, createExecutor })
    await assert.rejects(done, { code: 'engine_unknown' })
  })

  test('verifyService() finds it when the log does not hold the checkpoint', async () => {
    const { checkpoint: note } = grownLog('y').sign()
    const log = grownLog()
    log.call('bob', 'put', [['/notes', 'new', 'one']])
    const { report } = await verifyAndKeep(serve(log, ['left']), { since: { size: 300, note } })
    assert.equal(report.findings[0]?.code, 'history_forked')
  })

  for (const isServed of [true, false]) {
    const where = isServed ? 'a registry' : 'a copy'
    test(`verifyService() finds it when ${where} ends before the checkpoint`, async () => {
      const { checkpoint: note } = grownLog().sign()
      const files = serve(shortLog(), ['left'])
      const ports = portsOver(files)
      const checks = { ...ports.checks, isServed: async () => isServed }
      const since = { size: 300, note }
      const { report, keep: kept } = await verifyAndKeep(files, { since, checks })
      assert.deepEqual(
        [report.verdict, report.served, report.findings.map(({ code }) => code), kept],
        ['failed', isServed, ['history_older'], undefined],
      )
      assert.match(
        report.findings[0]?.message ?? '',
        /2 entries, and in the checkpoint given with --since there were 300/,
      )
    })
  }

  test('verifyService() refuses a number of entries that the log does not have', async () => {
    const done = verifyAndKeep(serve(shortLog(), ['left']), { since: { size: 3 } })
    await assert.rejects(done, {
      code: 'usage_wrong',
      message: /--since "3": the log has 2 entries/,
    })
    const { report } = await verifyAndKeep(serve(shortLog(), ['left']), { since: { size: 2 } })
    assert.deepEqual([report.verdict, report.callsRun], ['verified', 0])
  })

  test('verifyService() finds an older log before it refuses a number of entries', async () => {
    const kept = await keep(grownLog())
    const options = { kept: () => kept, since: { size: 200 } }
    const { report } = await verifyAndKeep(serve(shortLog(), ['left']), options)
    assert.equal(report.findings[0]?.code, 'history_older')
    const files = serve(shortLog())
    const { checks } = portsOver(files)
    const copy = { ...checks, isServed: async () => false }
    const done = verifyAndKeep(files, { ...options, checks: copy })
    await assert.rejects(done, { code: 'usage_wrong' })
  })

  test('verifyService() refuses a note that the log has not signed', async () => {
    const note = grownLog()
      .sign()
      .checkpoint.replace(/— \S+ \S/, (text) => `${text.slice(0, -1)}B`)
    const done = verifyAndKeep(serve(grownLog(), ['left']), { since: { size: 300, note } })
    await assert.rejects(done, { code: 'checkpoint_invalid' })
  })
})
