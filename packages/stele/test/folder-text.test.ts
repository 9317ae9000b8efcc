import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FolderReport } from '@stele/log/published'
import { admin } from '../src/commands/admin.ts'
import { quietInput } from './command-input.ts'

const right: FolderReport = {
  checked: 12,
  differing: [],
  differingCount: 0,
  refused: null,
  written: 0,
  writtenBytes: 0,
  replaced: 0,
  takenDown: 0,
}
const damaged = { path: '-/log/body/000', problem: 'damaged' } as const

// what came of it, what a person reads, the exit status
const reports: readonly (readonly [report: FolderReport, text: string, status: number])[] = [
  [
    right,
    'Compared 12 files of the public folder with the log: all are right\nNothing was missing',
    0,
  ],
  [
    { ...right, checked: 1, written: 2, writtenBytes: 99, takenDown: 1 },
    'Compared one file of the public folder with the log: all are right\nWrote 2 files that were not there, 99 bytes\nBrought one file to what takedowns have left',
    0,
  ],
  [
    { ...right, differing: [damaged], differingCount: 3, written: 1, writtenBytes: 5 },
    'Compared 12 files of the public folder with the log: 3 files not right\n  -/log/body/000 is damaged\n  and 2 more\nWrote one file that was not there, 5 bytes\nThe log proves what the damaged files must hold: "stele admin publish --replace" writes them anew',
    1,
  ],
  [
    { ...right, differing: [damaged], differingCount: 1, replaced: 1 },
    'Compared 12 files of the public folder with the log: one file not right\n  -/log/body/000 is damaged\nNothing was missing\nReplaced one file',
    0,
  ],
  [
    {
      ...right,
      differing: [{ path: '-/log/tile/0/000', problem: 'unreadable_tile', reason: 'EACCES' }],
      differingCount: 1,
      refused: 'because',
    },
    'Compared 12 files of the public folder with the log: one file not right\n  -/log/tile/0/000 cannot be read (EACCES)\nNothing was written: because',
    1,
  ],
  [
    { ...right, refused: 'because' },
    'Compared 12 files of the public folder with the log: all are right\nNothing was written: because',
    1,
  ],
  [
    {
      ...right,
      differing: [{ path: '-/log/blob/ab/x', problem: 'not_in_log' }],
      differingCount: 1,
    },
    'Compared 12 files of the public folder with the log: one file not right\n  -/log/blob/ab/x is not in the log\nNothing was missing\nFiles that are not in the log were left alone: delete them',
    1,
  ],
  [
    {
      ...right,
      differing: [{ path: '-/log/blob/ab/x', problem: 'database', reason: 'it is missing' }],
      differingCount: 1,
      written: 1,
      writtenBytes: 5,
      isHeldBack: true,
    },
    'Compared 12 files of the public folder with the log: one file not right\n  -/log/blob/ab/x is not in the data folder as the log says (it is missing)\nWrote one file that was not there, 5 bytes\nThe data folder itself is damaged, so these files were not written: restore its database, and the files in "blobs", from a backup or a mirror\nNo checkpoint was published: it would cover tarballs that are not there',
    1,
  ],
]
for (const [report, text, status] of reports) {
  test(`admin says ${JSON.stringify(text.split('\n').at(-1))} and ends with ${status} when that came of "publish"`, () => {
    assert.equal(admin.view(report), text)
    assert.equal(admin.exitCode?.(report), status)
  })
}

for (const [positionals, options, told] of [
  [[], {}, /rebuild or publish/],
  [['publish', 'more'], {}, /rebuild or publish/],
  [['rebuild'], { replace: true }, /--replace goes with "publish"/],
] as const) {
  test(`admin throws usage_wrong when it is asked for "${positionals.join(' ')}" with ${JSON.stringify(options)}`, async () => {
    const input = { ...quietInput, positionals, options }
    await assert.rejects(async () => admin.run(input), { code: 'usage_wrong', message: told })
  })
}
