// The fast reader says what the careful one says: of plain archives, of odd ones, and of damaged ones.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { makeTar, makeTarball, roundsOf, sealHeader, type TarEntry } from '@stele/testkit'
import fc from 'fast-check'
import { createFilesReader } from '../src/read-files.ts'
import { readTarball } from '../src/read-tarball.ts'

const packageJson: TarEntry = { path: 'package.json', content: '{"name":"p","version":"1.0.0"}' }
const readFiles = createFilesReader()

type Files = readonly (readonly [path: string, mode: number, content: string])[]

function filesOf(read: (bytes: Uint8Array) => Files, bytes: Uint8Array): Files | string {
  try {
    return read(bytes).toSorted(([one], [other]) => (one < other ? -1 : 1))
  } catch (error) {
    return String(error)
  }
}

function fast(bytes: Uint8Array): Files {
  return readFiles(bytes).map(({ path, mode, content }) => [
    path,
    mode,
    Buffer.from(content).toString('latin1'),
  ])
}

function careful(bytes: Uint8Array): Files {
  return readTarball(bytes).files.map(({ path, mode, content }) => [
    path,
    mode,
    Buffer.from(content).toString('latin1'),
  ])
}

const rows: readonly (readonly [what: string, entries: readonly TarEntry[]])[] = [
  ['only package.json', [packageJson]],
  ['no package.json', [{ path: 'a' }]],
  [
    'folders, programs and empty files',
    [
      packageJson,
      { path: 'lib', type: '5' },
      { path: 'lib/a', content: '' },
      { path: 'bin/p', mode: 0o755 },
    ],
  ],
  ['a path twice', [packageJson, { path: 'a', content: '1' }, { path: 'a', content: '2' }]],
  [
    'a path that is a file and a folder',
    [packageJson, { path: 'a', content: '1' }, { path: 'a/b' }],
  ],
  ['the folder first', [packageJson, { path: 'a/b' }, { path: 'a', content: '1' }]],
  [
    'the folder by its own entry',
    [packageJson, { path: 'a', content: '1' }, { path: 'a', type: '5' }],
  ],
  ['a path with two dots', [packageJson, { path: '../a' }]],
  ['a path with one dot', [packageJson, { path: './a' }]],
  ['a path with a backslash', [packageJson, { path: 'a\\b' }]],
  ['a path that is not ASCII', [packageJson, { path: 'é' }]],
  ['a long path', [packageJson, { path: `${'d/'.repeat(80)}a` }]],
  ['a link', [packageJson, { path: 'a', type: '2', linkpath: 'b' }]],
]
for (const [what, entries] of rows) {
  test(`createFilesReader() says what readTarball() says of ${what}`, () => {
    const bytes = makeTarball(entries)
    assert.deepEqual(filesOf(fast, bytes), filesOf(careful, bytes))
  })
}

test('createFilesReader() says what readTarball() says of archives with a changed byte', () => {
  const archive = Buffer.from(
    makeTar([packageJson, { path: 'lib/a.js', content: 'x' }, { path: 'b', mode: 0o755 }]),
  )
  const headers = [0, 1, 2, 3]
    .map((index) => index * 1024)
    .filter((at) => at + 512 <= archive.length)
  const change = fc.tuple(
    fc.constantFrom(...headers),
    fc.nat({ max: 511 }),
    fc.nat({ max: 255 }),
    fc.boolean(),
  )
  fc.assert(
    fc.property(change, ([header, at, byte, isSealed]) => {
      const changed = Buffer.from(archive)
      changed[header + at] = byte
      if (isSealed) sealHeader(changed.subarray(header, header + 512))
      const bytes = gzipSync(changed)
      assert.deepEqual(filesOf(fast, bytes), filesOf(careful, bytes))
    }),
    { numRuns: roundsOf({ modest: 500, full: 5_000 }) },
  )
})

const tarball = Buffer.from(makeTarball([packageJson, { path: 'a', content: 'a'.repeat(100_000) }]))
const gzips: readonly (readonly [what: string, bytes: Buffer])[] = [
  [
    'gzip in two members',
    Buffer.concat([
      gzipSync(makeTar([packageJson]).subarray(0, 512)),
      gzipSync(makeTar([packageJson]).subarray(512)),
    ]),
  ],
  ['gzip followed by zeros', Buffer.concat([tarball, Buffer.alloc(100)])],
  ['gzip followed by something', Buffer.concat([tarball, Buffer.from('more')])],
  ['gzip that is cut', tarball.subarray(0, -20)],
  ['gzip whose size is a lie', Buffer.concat([tarball.subarray(0, -4), Buffer.from([1, 0, 0, 0])])],
  [
    'gzip whose checksum is a lie',
    Buffer.concat([tarball.subarray(0, -8), Buffer.alloc(4), tarball.subarray(-4)]),
  ],
  [
    'damaged gzip',
    Buffer.concat([tarball.subarray(0, 40), Buffer.alloc(30, 0xff), tarball.subarray(70)]),
  ],
  ['nothing', Buffer.alloc(0)],
  ['no gzip', Buffer.from('x'.repeat(1000))],
]
for (const [what, bytes] of gzips) {
  test(`createFilesReader() says what readTarball() says of ${what}, and reads on`, () => {
    assert.deepEqual(filesOf(fast, bytes), filesOf(careful, bytes))
    assert.deepEqual(filesOf(fast, tarball), filesOf(careful, tarball))
  })
}
