// What a mirror may answer that is looked at from outside: as much as it likes, and what it likes.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { type CheckOptions, checkMirror } from '../src/mirror/check.ts'
import { readBounded } from '../src/sources/folder-fetch.ts'
import { baseUrl, mirror, twoReleases } from './made-mirror.ts'

suite('checkMirror()', () => {
  const dir = mkdtempSync(join(tmpdir(), 'stele-check-'))
  after(() => rmSync(dir, { recursive: true, force: true }))
  const serve: CheckOptions['fetch'] = async (path, maxBytes) =>
    readBounded(join(dir, path), maxBytes)
  const check = (fetch: CheckOptions['fetch']) =>
    checkMirror({ url: baseUrl, fetch, progress: () => undefined, tarballs: true })
  /** The mirror with another packument. */
  const showing =
    (change: (text: string, maxBytes: number) => Uint8Array): CheckOptions['fetch'] =>
    async (path, maxBytes) => {
      const answer = await serve(path, maxBytes)
      if (path !== '/npm/kept') return answer
      return { ...answer, bytes: change(Buffer.from(answer.bytes).toString(), maxBytes) }
    }

  test('checkMirror() finds nothing wrong with what mirrorThrough() made', async () => {
    await mirror(dir, twoReleases())
    const { findings, versions, tarballs } = await check(serve)
    assert.deepEqual([findings, versions, tarballs], [[], 2, 2])
  })

  test('checkMirror() reads no more of a packument than the log could make of it, and says that there is more', async () => {
    let asked = 0
    const { findings, versions } = await check(
      showing((_, maxBytes) => {
        asked = maxBytes
        return Buffer.alloc(maxBytes + 1, ' ')
      }),
    )
    assert.ok(asked < 2 ** 21)
    assert.equal(versions, 0)
    assert.match(findings[0]?.reason ?? '', /it has over \d+ bytes, and all that the log has of it/)
  })

  test('checkMirror() names a hundred of the versions that never were, and counts the others', async () => {
    const { findings, more } = await check(
      showing((text) => {
        const never = Array.from({ length: 250 }, (_, at) => `"6.6.${at}":{}`)
        return Buffer.from(text.replace('"versions":{', `"versions":{${never.join()},`))
      }),
    )
    assert.deepEqual([findings.length, more], [100, 150])
  })
})
