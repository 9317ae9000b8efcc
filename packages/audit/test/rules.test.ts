import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { suite, test } from 'node:test'
import type { LogBuilder } from '@stele/testkit'
import { newLog, serve, verifyFiles } from './sample-log.ts'

const [one, two] = [hash('sha512', 'one'), hash('sha512', 'two')]

/** Entries 0 to 4; the script "two" is put in force by entry 1, and "one" again by entry 3. */
function switchedLog(): LogBuilder {
  const log = newLog()
  log.config({ script: 'two' })
  log.call(null, 'script', [])
  log.config({ script: 'one' })
  log.call(null, 'script', [])
  return log
}

const cases: readonly (readonly [
  title: string,
  rules: readonly string[],
  verdict: string,
  entries: readonly (readonly [from: number, to: number])[],
])[] = [
  ['both scripts are vouched for', [one, two], 'verified', []],
  ['the rules were switched off and on again', [one], 'verified_except', [[1, 2]]],
  [
    'only the later rules are vouched for',
    [two],
    'verified_except',
    [
      [0, 0],
      [3, 4],
    ],
  ],
  [
    'nobody vouches for any',
    [],
    'verified_except',
    [
      [0, 0],
      [1, 2],
      [3, 4],
    ],
  ],
]

suite('verifyService() of rules that nobody has vouched for', () => {
  for (const [title, rules, verdict, entries] of cases) {
    test(`verifyService() is ${verdict} when ${title}`, async () => {
      const report = await verifyFiles(serve(switchedLog()), { rules })
      const unknown = report.exceptions.filter(({ unchecked }) => unchecked === 'rules')
      assert.equal(report.verdict, verdict)
      assert.deepEqual(
        unknown.map(({ from, to }) => [from, to]),
        entries,
      )
      const count = entries.reduce((sum, [from, to]) => sum + to + 1 - from, 0)
      assert.equal(report.exceptedEntries, count)
    })
  }

  test('verifyService() counts an entry once when it is excepted for two reasons', async () => {
    const log = switchedLog()
    log.takedown([{ entry: 2, part: 'body' }])
    const { exceptedEntries, exceptions } = await verifyFiles(serve(log), { rules: [one] })
    assert.equal(exceptedEntries, 2)
    assert.deepEqual(
      exceptions.map(({ from, unchecked }) => [from, unchecked]),
      [
        [1, 'rules'],
        [2, 'rule'],
      ],
    )
  })

  test('verifyService() excepts the entries of a script whose name is withheld', async () => {
    const log = newLog()
    log.config({ script: 'two' })
    log.takedown([
      { entry: 1, part: 'body' },
      { entry: 1, part: 'values' },
    ])
    const { verdict, exceptions } = await verifyFiles(serve(log))
    assert.equal(verdict, 'verified_except')
    const unknown = exceptions.filter(({ unchecked }) => unchecked === 'rules')
    assert.deepEqual(
      unknown.map(({ from, to }) => [from, to]),
      [[1, 2]],
    )
  })
})
