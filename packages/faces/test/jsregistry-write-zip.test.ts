import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { fromBufferPromise } from 'yauzl'
import { runProgram } from '../../../conformance/processes.ts'
import { writeZip } from '../src/jsregistry/write-zip.ts'

const files = [
  { path: 'bin/run.js', mode: 755 as const, content: Buffer.from('#!/usr/bin/env node\n') },
  { path: 'kärte.txt', mode: 644 as const, content: Buffer.from('ä'.repeat(1000)) },
  { path: 'package.json', mode: 644 as const, content: Buffer.from('{}') },
]
const shasum = '07ce5ea72cb161729daa57c11462562d1ddefb46'

test('writeZip() gives the same bytes each time', async () => {
  assert.equal(hash('sha1', await writeZip(files), 'hex'), shasum)
  assert.equal(hash('sha1', await writeZip(files), 'hex'), shasum)
})

test('writeZip() gives the same bytes in every time zone', async () => {
  const module = new URL('../src/jsregistry/write-zip.ts', import.meta.url).href
  const script = `import { hash } from 'node:crypto'
    import { writeZip } from ${JSON.stringify(module)}
    const files = ${JSON.stringify(files.map((one) => ({ ...one, content: one.content.toString() })))}
    const zip = await writeZip(files.map((one) => ({ ...one, content: Buffer.from(one.content) })))
    console.log(hash('sha1', zip, 'hex'))`
  const env = { PATH: process.env['PATH'], TZ: 'Pacific/Kiritimati' }
  const args = ['--input-type=module', '-e', script]
  const { shown } = await runProgram(process.execPath, args, { cwd: import.meta.dirname, env })
  assert.match(shown, new RegExp(shasum))
})

test('writeZip() keeps paths, modes and contents', async () => {
  const zip = await fromBufferPromise(Buffer.from(await writeZip(files)), { lazyEntries: true })
  const found: unknown[] = []
  for await (const { fileName, externalFileAttributes, uncompressedSize } of zip.eachEntry()) {
    found.push([fileName, (externalFileAttributes >>> 16) & 0o777, uncompressedSize])
  }
  assert.deepEqual(found, [
    ['bin/run.js', 0o755, 20],
    ['kärte.txt', 0o644, 2000],
    ['package.json', 0o644, 2],
  ])
})

const manyFiles = (count: number): typeof files =>
  Array.from({ length: count }, (_, at) => ({
    path: `${at}.js`,
    mode: 644 as const,
    content: Buffer.alloc(0),
  }))

test('writeZip() lets others have their turns, however many files there are', async () => {
  let turns = 0
  const others = setInterval(() => (turns += 1), 1)
  await writeZip(manyFiles(20_000))
  clearInterval(others)
  assert.ok(turns > 1, `${turns} turns`)
})

test('writeZip() refuses more files than a zip can count', async () => {
  await assert.rejects(writeZip(manyFiles(65_535)), { code: 'tarball_too_large' })
})
