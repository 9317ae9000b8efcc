import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Publisher } from '@stele/log'
import type { FolderReport, RepairOptions } from '@stele/log/published'
import { repairFolder } from '../src/service.ts'

/** A publisher that answers what it was told not to write for. */
const publisher: Publisher = {
  publish: async () => undefined,
  repair: async ({ replace, refused }: RepairOptions): Promise<FolderReport> => ({
    checked: 1,
    differing: [],
    differingCount: 0,
    refused: refused?.() ?? null,
    written: replace ? 2 : 1,
    writtenBytes: 0,
    replaced: 0,
    takenDown: 0,
  }),
}

test('repairFolder() throws data_invalid when the settings want no public folder', async () => {
  const code = 'data_invalid'
  await assert.rejects(repairFolder(undefined, { replace: false, readOnly: () => undefined }), {
    code,
    message: /publicFolder/,
  })
})

for (const [readOnly, refused] of [
  ['its database is old', 'the log takes no writes: its database is old'],
  [undefined, null],
] as const) {
  test(`repairFolder() ${refused === null ? 'lets the publisher write' : 'has the publisher write nothing'} when the log ${readOnly === undefined ? 'takes writes' : 'takes none'}`, async () => {
    const report = await repairFolder(publisher, { replace: true, readOnly: () => readOnly })
    assert.deepEqual([report.refused, report.written], [refused, 2])
  })
}
