// Tarballs against what the log says of them, the operator having signed it all.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { SteleError } from '@stele/errors'
import { newLog, publish, serve, verifyFiles } from './sample-log.ts'

suite('checkNew()', () => {
  test('checkNew() names the entry when the record is not the one of the tarball', async () => {
    const log = newLog()
    publish(log, 'left', '1.0.0')
    const value = '{"record":"tarball of evil@1.0.0"}'
    log.call('alice', 'put', [['/packages/left/versions', '1.0.0', value]])
    const { findings } = await verifyFiles(serve(log, ['left']))
    assert.deepEqual(
      findings.map(({ code, details }) => [code, details]),
      [
        [
          'release_mismatch',
          {
            spec: 'left@1.0.0',
            entry: 1,
            what: 'its record',
            found: 'tarball of left@1.0.0',
            wanted: 'tarball of evil@1.0.0',
          },
        ],
      ],
    )
  })

  test('checkNew() finds it when a size or the contents are wrong', async () => {
    const log = newLog()
    publish(log, 'left', '1.0.0')
    const size = (contents: string): string => contents.replace('"size":21', '"size":22')
    const contents = Buffer.from(log.state.get('/packages/left/contents', '1.0.0') ?? '').toString()
    log.call('alice', 'put', [['/packages/left/contents', '1.0.0', size(contents)]])
    log.call('alice', 'put', [['/packages/left/contents', '1.0.1', '{}']])
    const { findings } = await verifyFiles(serve(log, ['left']))
    const found = findings.map(({ message }) => message)
    assert.match(
      found[0] ?? '',
      /left@1.0.0 of entry 2 does not verify: its size: found 21, wanted 22/,
    )
    assert.match(found[1] ?? '', /left@1.0.1 of entry 3 does not verify: its rows/)
  })

  test('checkNew() finds it when the tarball cannot be read', async () => {
    const log = newLog()
    publish(log, 'left', '1.0.0')
    const checkRelease = (): never => {
      throw new SteleError('tarball_invalid', { reason: 'it is empty' })
    }
    const { findings } = await verifyFiles(serve(log, ['left']), { checkRelease })
    assert.match(findings[0]?.message ?? '', /left@1.0.0 of entry 1 .* it is empty/)
  })
})
