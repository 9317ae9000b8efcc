// What is kept of an upstream on this server's own disk, spoiled by whatever else writes there: nobody gets a wrong byte, and
// what was lost is fetched again.
import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { startEvilUpstream } from './evil-upstream.ts'
import { readPackument } from './registry-client.ts'
import { assertNoTrouble, readCheckpoint, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

function filesBelow(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
}

const faults = [
  [
    'holds other bytes',
    (path: string) => writeFileSync(path, Buffer.alloc(statSync(path).size, 'x')),
    1,
  ],
  ['was emptied', (path: string) => truncateSync(path, 0), 0],
  ['is gone', (path: string) => rmSync(path), 0],
] as const

for (const [size, text] of [
  ['small', 'x'],
  ['large', randomBytes(2_000_000).toString('base64')],
] as const) {
  for (const [what, spoil, told] of faults) {
    test(`a ${size} tarball is fetched again where its file ${what}, also after a restart`, async () => {
      await using folder = await makeFolder('copies')
      await using upstream = await startEvilUpstream()
      const flags = ['--upstreams', JSON.stringify([{ id: 'up', url: upstream.url }])]
      upstream.put('a', [{ version: '1.0.0', text }])
      const path = '/a/-/a-1.0.0.tgz'
      const spoilAll = (): void => {
        for (const file of filesBelow(join(folder.path, 'upstream'))) spoil(file)
      }
      for (const start of ['the first', 'the second']) {
        await using server = await startServer({ dir: folder.path, flags })
        const before = await readCheckpoint(server.url)
        const integrity = (await readPackument(server.url, 'a'))?.versions['1.0.0']?.dist.integrity
        const assertRight = async (): Promise<void> => {
          const response = await fetch(server.url + path)
          const bytes = Buffer.from(await response.arrayBuffer())
          assert.equal(response.status, 200)
          assert.equal(`sha512-${hash('sha512', bytes, 'base64')}`, integrity)
        }
        for (let time = 0; time < 4; time++) await assertRight() // Its answer is ready by then.
        // Seen, chosen, and what it holds: that is read from the file, which must be there so long.
        const entries = start === 'the first' ? 3 : 0
        while ((await readCheckpoint(server.url)).size < before.size + entries);
        upstream.asked.length = 0
        spoilAll()
        for (let time = 0; time < 4; time++) await assertRight()
        assert.deepEqual(upstream.asked, [path], start)
        const damaged = server.lines.filter(({ event }) => event === 'upstream_copy_damaged')
        assert.equal(damaged.length, start === 'the second' ? 2 * told : told)
        assertNoTrouble(server.lines.filter((line) => !damaged.includes(line)))
        await server.stop()
        spoilAll()
      }
    })
  }
}

test('a packument is as large as the operator says', async () => {
  await using upstream = await startEvilUpstream()
  const dist = { tarball: 'http://x/wide.tgz', shasum: 'a'.repeat(40) }
  const readme = 'x'.repeat(40 * 1024 ** 2)
  const release = { name: 'wide', version: '1.0.0', readme, dist }
  const versions = { '1.0.0': release }
  const wide = gzipSync(
    JSON.stringify({ name: 'wide', 'dist-tags': { latest: '1.0.0' }, versions }),
  )
  upstream.spoil('/wide', {
    answer: (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(wide),
  })
  const own = ['--upstreams', JSON.stringify([{ id: 'up', url: upstream.url }])]
  for (const [flags, status] of [
    [[], 424],
    [['--upstream-packument-size', '64 MiB'], 200],
    [['--upstream-packument-size', '39 MiB'], 424],
  ] as const) {
    await using server = await startServer({ flags: [...own, ...flags] })
    const response = await fetch(`${server.url}/wide`, { headers: { accept: 'application/json' } })
    await response.arrayBuffer()
    assert.equal(response.status, status)
  }
})
