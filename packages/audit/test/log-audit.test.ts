// A registry that moves on while it is verified, and logs that are signed by the wrong key or for the wrong tree.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { createEd25519Signer } from '@stele/tlog/keys'
import { parseVkey } from '@stele/tlog/notes'
import type { VerifyPorts } from '../src/index.ts'
import { fingerprintOf } from '../src/signed-tree.ts'
import { newLog, origin, packument, portsOver, publish, serve, verifyFiles } from './sample-log.ts'

suite('advance()', () => {
  test('advance() follows the log when what is served is ahead of it', async () => {
    const log = newLog()
    publish(log, 'left', '1.0.0')
    let files = serve(log, ['left'])
    const fetch: VerifyPorts['fetch'] = async (path, maxBytes) => {
      // The second version comes when the first look at the packument is taken.
      if (path === '/left' && log.size === 2) {
        publish(log, 'left', '2.0.0')
        files = serve(log, ['left'])
      }
      return portsOver(files).fetch(path, maxBytes)
    }
    const { verdict, checkpoint, contentsChecked } = await verifyFiles(files, { fetch })
    assert.deepEqual([verdict, checkpoint?.size, contentsChecked], ['verified', 3, 2])
  })

  test('advance() finds the takedown when a part disappears during the verification', async () => {
    const log = newLog()
    publish(log, 'left', '1.0.0')
    let files = serve(log, ['left'])
    const [, , tarball = ''] = log.blobs.keys()
    const fetch: VerifyPorts['fetch'] = async (path, maxBytes) => {
      if (path.endsWith(tarball) && log.size === 2) {
        log.takedown([{ blob: tarball }])
        files = serve(log)
        files.set('/left', Buffer.from(packument(log, 'left')))
      }
      return portsOver(files).fetch(path, maxBytes)
    }
    const { verdict, exceptions, findings } = await verifyFiles(files, { fetch })
    assert.deepEqual(findings, [])
    assert.equal(verdict, 'verified_except')
    assert.deepEqual(exceptions, [
      {
        from: 1,
        to: 1,
        unchecked: 'content',
        reason: 'taken down ("asked for")',
        subject: 'left@1.0.0',
      },
    ])
  })

  test('advance() compares partial tiles again when the log grows across bundles', async () => {
    const log = newLog()
    publish(log, 'left', '1.0.0')
    for (let i = 0; i < 250; i++) log.call('bob', 'put', [['/notes', `n${i}`, 'x']])
    let files = serve(log)
    const fetch: VerifyPorts['fetch'] = async (path, maxBytes) => {
      const answer = await portsOver(files).fetch(path, maxBytes)
      if (path === '/left' && log.size === 252) {
        for (let i = 0; i < 400; i++) log.call('bob', 'put', [['/notes', `n${i}`, 'y']])
        files = serve(log, ['left'])
      }
      return answer
    }
    const report = await verifyFiles(files, { fetch })
    assert.deepEqual(
      [report.verdict, report.checkpoint?.size, report.findings],
      ['verified', 652, []],
    )
  })

  test('advance() fails when the same size is signed with another root', async () => {
    const [log, other] = [newLog(), newLog()]
    publish(log, 'left', '1.0.0')
    publish(other, 'left', '2.0.0')
    let files = serve(log)
    files.set('/left', Buffer.from('{}'))
    const fetch: VerifyPorts['fetch'] = async (path, maxBytes) => {
      const answer = await portsOver(files).fetch(path, maxBytes)
      if (path === '/left') files = serve(other)
      return answer
    }
    const { findings } = await verifyFiles(files, { fetch })
    const last = findings.at(-1)
    assert.match(last?.message ?? '', /checkpoint.*which it has signed before/)
  })

  test('advance() takes a head that is newer than the checkpoint', async () => {
    const log = newLog()
    const { checkpoint } = log.sign()
    log.call('bob', 'put', [['/notes', 'a', 'one']])
    const files = serve(log)
    files.set('/-/log/checkpoint', Buffer.from(checkpoint))
    const report = await verifyFiles(files)
    assert.deepEqual([report.verdict, report.checkpoint?.size], ['verified', 2])
  })

  test('advance() fails when the checkpoint is of another tree, at whatever size', async () => {
    const log = newLog()
    const { checkpoint } = log.sign({ root: Buffer.alloc(32, 1) })
    log.call('bob', 'put', [['/notes', 'a', 'one']])
    const files = serve(log)
    files.set('/-/log/checkpoint', Buffer.from(checkpoint))
    const { findings } = await verifyFiles(files)
    assert.match(findings[0]?.message ?? '', /checkpoint.* the root that it signs for 1 entries/)
  })
})

suite('fetchKeys()', () => {
  test('fetchKeys() fails when the key that was given is not served', async () => {
    const key = createEd25519Signer(origin, Buffer.alloc(32, 9)).vkey
    const { verdict, findings } = await verifyFiles(serve(newLog()), { key })
    assert.equal(verdict, 'failed')
    const { code, message, fix } = findings[0] ?? {}
    assert.equal(code, 'key_not_shown')
    assert.equal(
      message,
      `The key that you gave is not one of this log: you gave ${key}, and the log "${origin}" shows ${newLog().signer.vkey}`,
    )
    assert.match(fix ?? '', /^Either --key is wrong .* Or it is right, and another log is served/)
  })

  test('fetchKeys() does not take the fingerprint of the clock for that of the log', async () => {
    const log = newLog()
    const shown = await verifyFiles(serve(log))
    const clock = fingerprintOf(parseVkey(log.clock.vkey))
    const { verdict, findings } = await verifyFiles(serve(log), { key: clock })
    assert.equal(verdict, 'failed')
    assert.match(
      findings[0]?.message ?? '',
      new RegExp(`you gave ${clock}, and the log ".*" shows ${shown.keyFingerprint}$`),
    )
  })

  test('fetchKeys() trusts only the key that was given, whatever else is served', async () => {
    const log = newLog()
    const other = createEd25519Signer(origin, Buffer.alloc(32, 9))
    const files = serve(log)
    const keys = `${other.vkey}\n${log.signer.vkey}\n${log.clock.vkey}\n`
    files.set('/-/log/key', Buffer.from(keys))
    const report = await verifyFiles(files, { key: log.signer.vkey })
    assert.deepEqual([report.verdict, report.key], ['verified', log.signer.vkey])
    const { findings } = await verifyFiles(files, { key: other.vkey })
    assert.match(findings[0]?.message ?? '', /no known key|note/)
  })

  test('fetchKeys() throws vkey_invalid when the given key is none', async () => {
    await assert.rejects(verifyFiles(serve(newLog()), { key: 'x' }), (error: unknown) =>
      isSteleError(error, 'vkey_invalid'),
    )
  })
})
