// What a mirror may answer that is looked at from outside: as much as it likes, and what it likes.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { SteleError } from '@stele/errors'
import { type CheckOptions, checkMirror } from '../src/mirror/check.ts'
import { readBounded } from '../src/sources/folder-fetch.ts'
import { baseUrl, mirror, release, twoReleases } from './made-mirror.ts'

suite('checkMirror()', () => {
  const dir = mkdtempSync(join(tmpdir(), 'stele-check-'))
  after(() => rmSync(dir, { recursive: true, force: true }))
  /** As web servers do it: what is not there is 404. */
  const serve: CheckOptions['fetch'] = async (path, maxBytes) => {
    const file = join(dir, decodeURIComponent(path))
    return existsSync(file) ? readBounded(file, maxBytes) : nothing
  }
  const nothing = { status: 404, bytes: new Uint8Array(0) }
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
    const log = twoReleases()
    release(log, '@scope/scoped', '1.0.0', '@scope%2Fscoped')
    await mirror(dir, log)
    const { findings, versions, tarballs } = await check(serve)
    assert.deepEqual([findings, versions, tarballs], [[], 3, 3])
  })

  test('checkMirror() says that nothing was compared where nothing is listed', async () => {
    const { findings, notListed } = await check(async (path, maxBytes) =>
      path.startsWith('/npm/') ? nothing : serve(path, maxBytes),
    )
    assert.equal(notListed, 3)
    assert.match(findings[0]?.reason ?? '', /lists nothing, so nothing was compared/)
  })

  test('checkMirror() asks as clients do, and names a web server that takes no "%2f" for a slash', async () => {
    const { findings, versions } = await check(async (path, maxBytes) =>
      path.includes('%2f') ? nothing : serve(path, maxBytes),
    )
    assert.equal(versions, 2)
    assert.deepEqual(
      findings.map(({ address }) => address),
      ['/npm/@scope%2fscoped'],
    )
    assert.match(findings[0]?.reason ?? '', /with a slash for "%2f" it is/)
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
    assert.equal(versions, 1)
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

  const refused = (path: string): Promise<never> => {
    const message = 'it redirects to https://elsewhere.example'
    return Promise.reject(new SteleError('server_refused', { url: path, status: 302, message }))
  }

  test('checkMirror() names what the server refuses, and goes on', async () => {
    const { findings, versions, tarballs } = await check(async (path, maxBytes) =>
      path === '/npm/kept' || path.endsWith('/scoped-v1.0.0.tgz')
        ? refused(path)
        : serve(path, maxBytes),
    )
    assert.deepEqual(
      findings.map(({ address, reason }) => `${address}: ${reason}`).toSorted(),
      ['/npm/-/@scope/scoped/scoped-v1.0.0.tgz', '/npm/kept'].map(
        (address) => `${address}: it redirects to https://elsewhere.example`,
      ),
    )
    assert.deepEqual([versions, tarballs], [1, 1])
  })
})
