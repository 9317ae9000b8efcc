import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openCallLog, sourceOf } from '../src/vm/call-log.ts'
import { VM } from '../src/vm/vm.ts'

test('list() gives each entry once when several read at the same time', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stele-call-log-'))
  const vm = new VM('let n = 0; exports.next = () => ++n')
  await vm.deploy({ dir })
  try {
    for (let call = 0; call < 3; call++) await vm.executeCall({ methodName: 'next' })
    const { callLog } = vm
    assert.ok(callLog !== null)
    const log = openCallLog(sourceOf(callLog))
    const [one, other, length] = await Promise.all([
      log.list(),
      log.list({ start: 1 }),
      log.length(),
    ])
    assert.deepEqual([one.length, other.length, length], [4, 3, 4])
    assert.deepEqual(await log.list(), one)

    // Neither a log that lacks its script, nor one whose first entry is withheld, begins with an empty one.
    const { entries, ...source } = sourceOf(callLog)
    const lacking = openCallLog({ ...source, entries, blob: () => undefined })
    await assert.rejects(lacking.list(), { code: 'copy_incomplete', message: /lacks its script/ })
    const withheld = openCallLog({
      ...source,
      entries: async (start, count) =>
        (await entries(start, count)).map((one) => ({ ...one, body: null })),
    })
    await assert.rejects(withheld.get(0), { code: 'copy_incomplete', message: /is withheld/ })
  } finally {
    await vm.close()
    rmSync(dir, { recursive: true, force: true })
  }
})
