// What is served beside the log: packuments, and the tarballs that they point at.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { LogBuilder } from '@stele/testkit'
import { newLog, publish, serve, tarballText, verifyFiles } from './sample-log.ts'

function twoPackages(): LogBuilder {
  const log = newLog()
  publish(log, 'left', '1.0.0')
  publish(log, '@s/right', '1.0.0')
  return log
}

type Change = (files: Map<string, Uint8Array>) => void
const changes: readonly (readonly [title: string, message: RegExp, change: Change])[] = [
  [
    'the packument says something else',
    /"left".*its latest version: found "9.0.0", wanted 1.0.0/,
    (files) => files.set('/left', Buffer.from('{"latest":"9.0.0"}')),
  ],
  [
    'the packument is not JSON',
    /"left".*its packument/,
    (files) => files.set('/left', Buffer.from('{')),
  ],
  [
    'the package is not served',
    /"@s\/right".*found nothing/,
    (files) => files.delete('/@s%2Fright'),
  ],
  [
    'the tarball is another',
    /"left".*\(entry 1\): the tarball of 1.0.0/,
    (files) => files.set('/left/-/1.0.0.tgz', Buffer.from(tarballText('left', '9.9.9'))),
  ],
  [
    'the tarball is longer',
    /the tarball of 1.0.0: found over/,
    (files) => files.set('/left/-/1.0.0.tgz', Buffer.alloc(1000)),
  ],
  [
    'the tarball is not served',
    /the tarball of 1.0.0: found status 404/,
    (files) => files.delete('/@s/right/-/1.0.0.tgz'),
  ],
  [
    'the tarball is said to be elsewhere',
    /the tarball of 1.0.0: found the address https:\/\/evil/,
    (files) => {
      const dist = { tarball: 'https://evil.example/1.0.0.tgz' }
      const text = JSON.stringify({ latest: '1.0.0', versions: { '1.0.0': { dist } } })
      files.set('/left', Buffer.from(text))
    },
  ],
]

const abbreviated: typeof changes = [
  [
    'the abbreviated form says something else',
    /"left".*in the abbreviated form, its latest version: found "9.0.0", wanted 1.0.0/,
    (files) => files.set('/left abbreviated', Buffer.from('{"latest":"9.0.0"}')),
  ],
  [
    'the abbreviated form is not JSON',
    /"@s\/right".*in the abbreviated form, its packument/,
    (files) => files.set('/@s%2Fright abbreviated', Buffer.from('{')),
  ],
  [
    'the abbreviated form names another tarball',
    /the tarball of 1.0.0: found [0-9a-f]{128}, wanted/,
    (files) => {
      const dist = { tarball: 'https://elsewhere.example/npm/left/-/other.tgz' }
      const text = JSON.stringify({ latest: '1.0.0', versions: { '1.0.0': { dist } } })
      files.set('/left abbreviated', Buffer.from(text))
      files.set('/left/-/other.tgz', Buffer.from(tarballText('left', '6.6.6')))
    },
  ],
]

suite('compareRest()', () => {
  for (const [title, message, change] of [...changes, ...abbreviated]) {
    test(`compareRest() finds it when ${title}`, async () => {
      const files = serve(twoPackages(), ['left', '@s/right'])
      change(files)
      const { verdict, findings } = await verifyFiles(files)
      assert.equal(verdict, 'failed')
      assert.equal(findings.length, 1)
      assert.equal(findings[0]?.code, 'served_mismatch')
      assert.match(findings[0]?.message ?? '', message)
    })
  }

  test('compareRest() gathers every difference when several packages differ', async () => {
    const { findings, packumentsCompared } = await verifyFiles(serve(twoPackages()))
    assert.deepEqual([findings.length, packumentsCompared], [2, 0])
  })

  test('compareRest() stops at 100 findings', async () => {
    const log = newLog()
    for (let i = 0; i < 110; i++) publish(log, `p${i}`, '1.0.0')
    const { findings } = await verifyFiles(serve(log), { tarballs: false })
    assert.equal(findings.length, 100)
  })

  test('compareRest() leaves observed packages alone', async () => {
    const log = newLog()
    log.call('op', 'put', [
      ['/packages', 'theirs/', ''],
      ['/packages/theirs', 'origin', 'npm'],
    ])
    const { verdict, packumentsCompared } = await verifyFiles(serve(log))
    assert.deepEqual([verdict, packumentsCompared], ['verified', 0])
  })

  test('compareRest() fails when the folder of a package names none', async () => {
    const log = newLog()
    log.call('op', 'put', [['/packages', '%zz/', '']])
    const { findings } = await verifyFiles(serve(log))
    assert.match(findings[0]?.message ?? '', /Entry 1 does not verify: its package/)
  })

  test('compareRest() counts a package apart whose origin is withheld', async () => {
    const log = newLog()
    const entry = publish(log, 'left', '1.0.0')
    publish(log, 'left', '1.1.0')
    log.takedown([
      { entry, part: 'body' },
      { entry, part: 'values' },
    ])
    const { verdict, warnings, packumentsCompared } = await verifyFiles(serve(log, ['left']))
    assert.deepEqual([verdict, packumentsCompared], ['verified_except', 0])
    assert.match(warnings.join(), /1 packages were not compared/)
  })

  test('compareRest() counts packages apart whose values are withheld', async () => {
    const log = newLog()
    const entry = publish(log, 'left', '1.0.0')
    const tag = log.call('alice', 'put', [['/packages/left/tags', 'latest', '1.0.0-x']])
    log.takedown([
      { entry: tag, part: 'body' },
      { entry: tag, part: 'values' },
    ])
    const { verdict, warnings, packumentsCompared } = await verifyFiles(serve(log, ['left']))
    assert.deepEqual([verdict, packumentsCompared, entry], ['verified_except', 0, 1])
    assert.match(warnings.join(), /1 packages were not compared/)
  })
})
