// Calls and checks that others make over the shared state: the same findings, whoever is faster.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { LogBuilder } from '@stele/testkit'
import type { Helper, VerifyPorts } from '../src/index.ts'
import { createHelper } from '../src/public/checks.ts'
import { newLog, portsOver, publish, serve, verifyFiles } from './sample-log.ts'

const size = 1600
const forged = [700, 900]

function longLog(isForged: boolean): LogBuilder {
  const log = newLog()
  publish(log, 'left', '1.0.0')
  for (let entry = 2; entry < size; entry++) {
    const lies = isForged && forged.includes(entry)
    const forgery = lies
      ? { effects: (text: string) => text.replace('"result":', '"result":1') }
      : {}
    log.call('bob', 'list', ['/notes'], { forgery })
    if (entry % 3 === 0) log.call('bob', 'put', [['/notes', `n${entry % 40}`, `${entry++}`]])
  }
  return log
}

type Helpers = { readonly startHelpers: NonNullable<VerifyPorts['startHelpers']>; jobs: number }

/** Helpers in this thread, that read the memory as another one would; the first one is slow. */
function helpersOver(files: ReadonlyMap<string, Uint8Array>): Helpers {
  const counted: Helpers = {
    jobs: 0,
    startHelpers: async (rows) =>
      [5, 0].map((turns): Helper => {
        const more: SharedArrayBuffer[] = []
        rows.onSegment((segment) => more.push(segment))
        const fetchMore = (): SharedArrayBuffer[] => more.splice(0)
        const helper = createHelper(portsOver(files), { memory: rows.memory, fetchMore })
        const late = async <T>(work: () => Promise<T>): Promise<T> => {
          for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
          counted.jobs++
          return work()
        }
        return {
          run: (job) => late(() => helper.run(job)),
          check: (job) => late(() => helper.check(job)),
        }
      }),
  }
  return counted
}

suite('verifyService() with helpers', () => {
  test('verifyService() counts every call once when others run most of them', async () => {
    const log = longLog(false)
    const files = serve(log, ['left'])
    const helpers = helpersOver(files)
    const { startHelpers } = helpers
    const report = await verifyFiles(files, { startHelpers })
    assert.deepEqual([report.verdict, report.findings], ['verified', []])
    assert.deepEqual([report.entriesReplayed, report.callsRun], [log.size, log.size - 1])
    assert.ok(helpers.jobs > 10, `${helpers.jobs}`)
  })

  test('verifyService() names the first wrong entry, whoever found one first', async () => {
    const files = serve(longLog(true), ['left'])
    const alone = await verifyFiles(files)
    const { startHelpers } = helpersOver(files)
    const report = await verifyFiles(files, { startHelpers })
    assert.equal(report.findings.length, 1)
    assert.deepEqual(report.findings, alone.findings)
  })

  test('verifyService() throws what keeps a helper from working', async () => {
    const files = serve(longLog(false), ['left'])
    const fail = async (): Promise<never> => {
      throw new Error('no memory')
    }
    const startHelpers = async (): Promise<Helper[]> => [{ run: fail, check: fail }]
    await assert.rejects(verifyFiles(files, { startHelpers }), /no memory/)
  })
})
