import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { suite, test } from 'node:test'
import { rulesScript } from '@stele/registry'
import { registryNouns } from '@stele/releases/checks'
import { formatReport, type ShownReport } from '../src/verify/report-text.ts'

const verified: ShownReport = {
  verdict: 'verified',
  url: 'https://registry.example',
  origin: 'registry.example',
  key: 'registry.example+00000000+AA',
  keyFingerprint: 'ab'.repeat(32),
  checkpoint: {
    size: 3002,
    root: 'cm9vdA==',
    note: 'registry.example\n3002\ncm9vdA==\n\n— key sig\n',
    verified: true,
  },
  served: true,
  known: null,
  saved: [],
  findingCount: 0,
  entriesNew: 3002,
  clockMs: 0,
  script: hash('sha512', rulesScript()),
  settingsChanges: [],
  entriesReplayed: 3002,
  callsRun: 3001,
  memoryUnchecked: 0,
  nouns: registryNouns,
  contentsChecked: 1,
  contentsNew: 1,
  servedContents: { compared: 0, notGiven: 0, heldBack: 0, notKnown: 0 },
  servedCompared: 700,
  servedNotGiven: 0,
  notCompared: ['readme', 'e-mail addresses'],
  warnings: [],
  exceptions: [],
  exceptedEntries: 0,
  findings: [],
  timing: { totalMs: 2345, replayMs: 1200, callsPerSecond: 2500.4 },
}

suite('formatReport()', () => {
  test('formatReport() lets nothing that the log says end a line or drive the terminal', () => {
    const evil = 'x\nVerified: all\u001b[2J\u009b1A\u202e'
    const text = formatReport({
      ...verified,
      origin: evil,
      warnings: [evil],
      notCompared: [evil],
      exceptions: [{ from: 2, to: 2, unchecked: 'all', reason: evil, subject: evil }],
    })
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
    assert.doesNotMatch(text, /^Verified: all/m)
    assert.match(text, /Note: x Verified: all\\u001b\[2J\\u009b1A\\u202e/)
  })

  test('formatReport() says what was verified, how much, and what is not compared', () => {
    assert.equal(
      formatReport(verified),
      [
        'Verified: https://registry.example',
        '  log            registry.example',
        `  key            SHA-256 ${'ab'.repeat(32)}`,
        '  checkpoint     3002 entries, root cm9vdA==',
        '  signed         1970-01-01T00:00:00.000Z',
        '  rules          same as in this version of Stele',
        '  replayed       3002 entries, 3001 calls, 2.3 s in all',
        '  compared       1 tarball, 700 packages as served',
        '  not compared   readme, e-mail addresses',
        '',
        '  The signed checkpoint (--out keeps it with the report):',
        '    registry.example',
        '    3002',
        '    cm9vdA==',
        '    ',
        '    — key sig',
      ].join('\n'),
    )
  })

  test('formatReport() says first that an earlier run is gone on from, and what was not read again', () => {
    const known = { size: 3000, note: 'note', place: verified.url, verifiedMs: 0 }
    const text = formatReport({ ...verified, known, entriesNew: 2, contentsNew: 0 })
    assert.match(text, /^Verified what is new since 1970-01-01: https:/)
    assert.match(
      text,
      /^ {2}not read again +3000 entries and 1 tarball, verified on 1970-01-01; --fresh reads all of it$/m,
    )
  })

  test('formatReport() names entry, found, wanted and what to do when it failed', () => {
    const finding = {
      code: 'entry_mismatch',
      message: 'Entry 5 does not verify: its seq: found 3, wanted 4',
      fix: 'Keep this report',
      weight: 1,
      details: { entry: 5 },
    }
    const findings = Array.from({ length: 12 }, () => finding)
    const text = formatReport({ ...verified, verdict: 'failed', findings, findingCount: 12 })
    assert.match(text, /^FAILED: https:\/\/registry.example does not verify\n {2}Entry 5 does not/)
    assert.match(text, /and 2 more \(--json lists them\)\n {2}Keep this report\n/)
  })

  test('formatReport() lists what could not be checked', () => {
    const exceptions = [
      { from: 2, to: 2, unchecked: 'rule', reason: 'its body is withheld' },
      { from: 4, to: 9, unchecked: 'all', reason: 'the state is unknown since entry 4' },
    ] as const
    const text = formatReport({
      ...verified,
      verdict: 'verified_except',
      exceptions,
      exceptedEntries: 7,
      warnings: ['Tarballs were not checked'],
      contentsChecked: null,
      contentsNew: null,
    })
    assert.match(text, /^Verified except 7 entries: /)
    assert.match(text, /Entry 2: transition checked, rule not checked, its body is withheld/)
    assert.match(text, /Entries 4 to 9: nothing checked but hashes, the state is unknown/)
    assert.match(text, /no tarballs.*\n[^]*Note: Tarballs were not checked$/m)
  })

  test('formatReport() names every script that is not of this release, also those no longer in force', () => {
    const [release, evil] = [hash('sha512', rulesScript()), 'cd'.repeat(64)]
    const settingsChanges = [
      { entry: 0, names: [], script: release },
      { entry: 12, names: ['script'], script: evil },
      { entry: 14, names: ['limits'], script: null },
      { entry: 15, names: ['script'], script: release },
    ]
    const text = formatReport({ ...verified, settingsChanges })
    assert.match(
      text,
      /rules +same as in this version of Stele\n +entries 12 to 14: neither of this/,
    )
  })

  test('formatReport() names the script when it is not the one of this release', () => {
    const text = formatReport({ ...verified, script: 'ab'.repeat(64) })
    assert.match(
      text,
      /rules +neither of this version of Stele nor of an earlier one: read \/-\/log\/blob\/ab\/abab/,
    )
  })

  test('formatReport() leaves out what an early failure left unknown', () => {
    const unknown = {
      origin: null,
      key: null,
      keyFingerprint: null,
      checkpoint: null,
      script: null,
    }
    const text = formatReport({ ...verified, ...unknown, clockMs: null, verdict: 'failed' })
    assert.doesNotMatch(text, /null|log {11}|checkpoint/)
  })

  test('formatReport() says that a copy of the log is one, and that nothing served was compared', () => {
    const text = formatReport({ ...verified, served: false })
    assert.match(
      text,
      /^Verified: .* \(a static copy of the log: what npm is served was not compared\)/,
    )
    assert.match(text, /1 tarball; nothing that is served to npm/)
  })

  test('formatReport() says what was compared on another day, and where the log was seen before', () => {
    const text = (place: string): string =>
      formatReport({
        ...verified,
        contentsChecked: 5,
        contentsNew: 2,
        known: { size: 3, note: '', place, verifiedMs: 0 },
      })
    assert.match(text(''), /5 tarballs \(2 of them now, the others earlier\), 700/)
    assert.match(text(verified.url), /seen before +3 entries, on 1970-01-01$/m)
    assert.match(text('/copy'), /seen before +3 entries, on 1970-01-01, at \/copy$/m)
  })

  test('formatReport() counts the tarballs of upstreams beside those of the log', () => {
    const text = formatReport({
      ...verified,
      servedContents: { compared: 591, notGiven: 0, heldBack: 0, notKnown: 0 },
    })
    assert.match(text, /compared +1 tarball of the log, 591 of upstreams, 700 packages as served$/m)
  })

  test('formatReport() names --public-url when nothing but the address of tarballs differs', () => {
    const finding = (found: string, what = '1.0.0: dist.tarball') => ({
      code: 'served_mismatch',
      message: 'm',
      weight: 3,
      details: { what, found, wanted: 'http://localhost:1/p/-/p-1.0.0.tgz' },
    })
    const [one, two] = ['https://r.example/p/-/p-1.0.0.tgz', 'https://s.example/p/-/p-1.0.0.tgz']
    const text = (...findings: ReturnType<typeof finding>[]): string =>
      formatReport({ ...verified, verdict: 'failed', findings, findingCount: findings.length })
    const hint =
      /Note: All tarballs are named below https:\/\/r\.example: .*--public-url https:\/\/r\.ex/
    assert.match(text(finding(one), finding(one)), hint)
    assert.doesNotMatch(text(finding(one), finding(two)), /--public-url/)
    assert.doesNotMatch(text(finding(one), finding(one, 'readme')), /--public-url/)
    assert.doesNotMatch(text(finding('https://r.example/other.tgz')), /--public-url/)
  })

  test('formatReport() never says that a checkpoint which does not verify was verified', () => {
    const checkpoint = { size: 7, root: 'eA==', note: 'n', verified: false }
    const text = formatReport({ ...verified, verdict: 'failed', checkpoint })
    assert.match(
      text,
      /checkpoint +7 entries, root eA== \(signed by the log, but it does not verify\)/,
    )
  })

  test('formatReport() names what was taken down, and why', () => {
    const exceptions = [
      {
        from: 2,
        to: 2,
        unchecked: 'content',
        reason: 'taken down ("asked")',
        subject: 'hello@1.0.0',
      },
    ] as const
    const text = formatReport({
      ...verified,
      verdict: 'verified_except',
      exceptions,
      exceptedEntries: 1,
    })
    assert.match(text, /^ {2}hello@1\.0\.0: not checked, taken down \("asked"\)$/m)
  })
})
