// Tarballs taken apart: vectors, what is kept, what is refused, and that nothing but a SteleError is ever thrown.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { isSteleError } from '@stele/errors'
import {
  makePackage,
  makeTar,
  makeTarball,
  paxRecord,
  sealHeader,
  type TarEntry,
} from '@stele/testkit'
import fc from 'fast-check'
import { readTarball } from '../src/index.ts'

const vectorsUrl = new URL('../../../spec/vectors.json', import.meta.url)
const vectors = JSON.parse(readFileSync(vectorsUrl, 'utf8')).release
const packageJson: TarEntry = { path: 'package.json', content: '{"name":"p","version":"1.0.0"}' }

test('readTarball() gives the file list and files digest of the vectors', () => {
  const read = readTarball(
    makeTarball([
      { path: 'é.txt', content: '' },
      { path: 'package.json', content: vectors.manifest },
      { path: 'bin/p.js', content: '#!/usr/bin/env node\n', mode: 0o755 },
    ]),
  )
  assert.equal(read.fileList, vectors.fileList)
  assert.equal(read.filesDigest, vectors.filesDigest)
  assert.equal(read.unpackedSize, 127)
  assert.equal(Buffer.from(read.packageJson).toString(), vectors.manifest)
  const pack = Buffer.concat([
    Buffer.from(`${read.fileList}\n`),
    ...read.files.map((file) => file.content),
  ])
  assert.equal(pack.toString('hex'), vectors.packContent)
})

type Kept = readonly [claim: string, entries: readonly TarEntry[], paths: readonly string[]]
const kept: readonly Kept[] = [
  ['keeps package.json', [], ['package.json']],
  [
    'takes the last of duplicate paths',
    [
      { path: 'a', content: 'first' },
      { path: 'a', content: 'last' },
    ],
    ['a', 'package.json'],
  ],
  [
    'leaves folders out',
    [{ path: 'lib', type: '5' }, { path: 'lib/a' }],
    ['lib/a', 'package.json'],
  ],
  [
    'takes a trailing slash for a folder',
    [{ path: 'lib/' }, { path: 'lib/a' }],
    ['lib/a', 'package.json'],
  ],
  [
    'leaves hard links out',
    [{ path: 'a', type: '1', linkpath: 'package/package.json' }],
    ['package.json'],
  ],
  [
    'leaves symbolic links out',
    [{ path: 'a', type: '2', linkpath: '/etc/passwd' }],
    ['package.json'],
  ],
  [
    'leaves links out whose own path is bad',
    [{ path: '../../a', type: '2', linkpath: 'x' }],
    ['package.json'],
  ],
  [
    'leaves devices and pipes out',
    [
      { path: 'a', type: '3' },
      { path: 'b', type: '4' },
      { path: 'c', type: '6' },
    ],
    ['package.json'],
  ],
  [
    'leaves types out that it does not know',
    [{ path: 'a', type: 'Z', content: 'x'.repeat(600) }],
    ['package.json'],
  ],
  [
    'takes old and contiguous files',
    [
      { path: 'a', type: '\0', content: 'x' },
      { path: 'b', type: '7' },
    ],
    ['a', 'b', 'package.json'],
  ],
  [
    'sorts by UTF-8 bytes',
    [{ path: 'b' }, { path: '\u{1f600}' }, { path: '\uffee' }, { path: 'a/z' }, { path: 'a.z' }],
    ['a.z', 'a/z', 'b', 'package.json', '\uffee', '\u{1f600}'],
  ],
  [
    'keeps names that are properties of objects',
    [{ path: '__proto__' }, { path: 'constructor' }],
    ['__proto__', 'constructor', 'package.json'],
  ],
  [
    'keeps files that differ in case',
    [{ path: 'A' }, { path: 'a' }, { path: 'PACKAGE.JSON' }],
    ['A', 'PACKAGE.JSON', 'a', 'package.json'],
  ],
  ['drops the segment .', [{ path: './a/./b' }], ['a/b', 'package.json']],
  ['drops empty segments', [{ path: 'a//b' }], ['a/b', 'package.json']],
  ['keeps a segment of 255 bytes', [{ path: 'é'.repeat(127) }], ['package.json', 'é'.repeat(127)]],
  [
    'keeps a path of 4,096 bytes',
    [{ path: `${'d/'.repeat(2047)}ab` }],
    [`${'d/'.repeat(2047)}ab`, 'package.json'],
  ],
  [
    'keeps neighbours of a folder in the order of bytes',
    [{ path: 'a/b' }, { path: 'a-b' }, { path: 'a0' }],
    ['a-b', 'a/b', 'a0', 'package.json'],
  ],
]
for (const [claim, entries, paths] of kept) {
  test(`readTarball() ${claim}`, () => {
    const { files } = readTarball(makeTarball([packageJson, ...entries]))
    assert.deepEqual(
      files.map((file) => file.path),
      paths,
    )
  })
}

test('readTarball() drops the first segment, whatever it is, and entries that have no other', () => {
  const entries = [
    { path: 'my pkg/package.json', content: '{}' },
    { path: 'top' },
    { path: 'other/é' },
  ]
  const { files } = readTarball(makeTarball(entries, { prefix: '' }))
  assert.deepEqual(
    files.map((file) => file.path),
    ['package.json', 'é'],
  )
})

for (const [mode, wanted] of [
  [0o644, 644],
  [0o600, 644],
  [0o755, 755],
  [0o100, 755],
  [0o010, 755],
  [0o001, 755],
  [0o4755, 755],
  [0, 644],
] as const) {
  test(`readTarball() gives mode ${wanted} for ${mode.toString(8)}`, () => {
    const { files } = readTarball(makeTarball([{ ...packageJson, mode }]))
    assert.equal(files[0]?.mode, wanted)
  })
}

type Bad = readonly [what: string, entries: readonly TarEntry[]]
const bad: readonly Bad[] = [
  ['the segment ..', [{ path: '../a' }]],
  ['the segment .. at the end', [{ path: 'a/..' }]],
  ['a folder with two slashes at its end', [{ path: 'a//', type: '5' }]],
  ['a folder with the segment ..', [{ path: 'a/../b', type: '5' }]],
  ['a backslash', [{ path: 'a\\b' }]],
  ['a line feed', [{ path: 'a\nb' }]],
  ['an escape', [{ path: 'a\u001bb' }]],
  ['a C1 control', [{ path: 'a\u0085b' }]],
  ['a DEL', [{ path: 'a\u007fb' }]],
  ['a segment of 256 bytes', [{ path: `${'é'.repeat(128)}` }]],
  ['a path of 4,097 bytes', [{ path: `${'d/'.repeat(2048)}a` }]],
  ['a file inside a file', [{ path: 'a' }, { path: 'a/b' }]],
  [
    'a file inside a file, neighbours between',
    [{ path: 'a/b' }, { path: 'a-b' }, { path: 'a.b' }, { path: 'a' }],
  ],
  ['a folder that is a file', [{ path: 'a' }, { path: 'a', type: '5' }]],
  ['a folder inside a file', [{ path: 'a/b/', type: '5' }, { path: 'a' }]],
  ['a hard link with contents', [{ path: 'a', type: '1', linkpath: 'x', content: 'x' }]],
  ['a sparse file', [{ path: 'h', type: 'x', content: paxRecord('GNU.sparse.major', '1') }]],
  ['a mode in an extended header', [{ path: 'h', type: 'x', content: paxRecord('mode', '511') }]],
  [
    'a path in a global header',
    [{ path: 'h', type: 'g', content: paxRecord('path', 'package/x') }],
  ],
  ['a size in a global header', [{ path: 'h', type: 'g', content: paxRecord('size', '1') }]],
  [
    'an extended path with a line feed',
    [{ path: 'h', type: 'x', content: paxRecord('path', 'package/a\nb') }],
  ],
  [
    'a comment that hides another record',
    [{ path: 'h', type: 'x', content: paxRecord('comment', 'x\n18 path=package/y') }],
  ],
  [
    'an extended path with a NUL',
    [{ path: 'h', type: 'x', content: paxRecord('path', 'package/a\0b') }, { path: 'x' }],
  ],
  [
    'an extended path that is empty',
    [{ path: 'h', type: 'x', content: paxRecord('path', '') }, { path: 'x' }],
  ],
  [
    'an extended path that is absolute',
    [{ path: 'h', type: 'x', content: paxRecord('path', '/a/b') }, { path: 'x' }],
  ],
  [
    'an extended size that is no number',
    [{ path: 'h', type: 'x', content: paxRecord('size', '-1') }],
  ],
  [
    'an extended size that is too large',
    [{ path: 'h', type: 'x', content: paxRecord('size', '99999999999999999999') }],
  ],
  [
    'an extended size beyond the archive',
    [{ path: 'h', type: 'x', content: paxRecord('size', '99999') }, { path: 'x' }],
  ],
  ['a record that is torn', [{ path: 'h', type: 'x', content: '99 path=x\n' }]],
  ['a record without a length', [{ path: 'h', type: 'x', content: 'path=x\n' }]],
  ['a record without a key', [{ path: 'h', type: 'x', content: '6 =ab\n' }]],
  ['a record without an equals sign', [{ path: 'h', type: 'x', content: '6 abc\n' }]],
  ['a record that is too short', [{ path: 'h', type: 'x', content: '1 \n' }]],
  [
    'an extended header over 1 MiB',
    [{ path: 'h', type: 'x', content: paxRecord('comment', 'x'.repeat(2 ** 20)) }],
  ],
  ['a file with a link target', [{ path: 'a', linkpath: 'b' }]],
  ['a file with a long link target', [{ path: 'h', type: 'K', content: 'b\0' }, { path: 'a' }]],
  [
    'a file with an extended link target',
    [{ path: 'h', type: 'x', content: paxRecord('linkpath', 'b') }, { path: 'a' }],
  ],
  [
    'an extended header with a link target',
    [{ path: 'h', type: 'x', content: paxRecord('path', 'package/b'), linkpath: 'b' }],
  ],
  [
    'a folder with an extended size',
    [
      { path: 'h', type: 'x', content: paxRecord('size', '512') },
      { path: 'a', type: '5' },
    ],
  ],
  [
    'an extended path of digits, which npm takes for a number',
    [{ path: 'h', type: 'x', content: paxRecord('path', '123') }, { path: 'a' }],
  ],
  ['a name that goes on behind its end', [{ path: 'a\0\nb' }]],
  [
    'a long name with a second name behind its end',
    [{ path: 'h', type: 'L', content: 'package/a\0\nb' }],
  ],
]
for (const [what, entries] of bad) {
  test(`readTarball() refuses ${what}`, () => refuses(makeTarball([packageJson, ...entries])))
}

for (const path of ['', '/', '/package/a', '//a']) {
  test(`readTarball() refuses the path ${JSON.stringify(path)}`, () => {
    refuses(
      makeTarball([{ ...packageJson, path: 'package/package.json' }, { path }], { prefix: '' }),
    )
  })
}

for (const entries of [
  [],
  [{ path: 'Package.json' }],
  [{ path: 'a/package.json' }],
  [{ path: 'package.json', type: '2', linkpath: 'x' }],
]) {
  test(`readTarball() refuses a tarball without package.json (${entries[0]?.path ?? 'nothing'})`, () => {
    assert.throws(() => readTarball(makeTarball(entries)), /it has no package\.json/)
  })
}

test('readTarball() refuses a name that is not UTF-8', () => {
  const tar = Buffer.from(makeTar([packageJson, { path: 'abc' }]))
  const header = tar.subarray(1024, 1536)
  header[9] = 0xff
  sealHeader(header)
  refuses(gzipSync(tar))
})

test('readTarball() reads a base-256 size', () => {
  const tar = Buffer.from(makeTar([{ path: 'x', content: 'abc' }, packageJson]))
  const header = tar.subarray(0, 512)
  header.fill(0, 124, 136)
  header[124] = 0x80
  header[135] = 3
  sealHeader(header)
  assert.equal(Buffer.from(readTarball(gzipSync(tar)).files[1]?.content ?? []).toString(), 'abc')
})

for (const first of [0x81, 0xff]) {
  test(`readTarball() refuses a base-256 size that starts with ${first}`, () => {
    const tar = Buffer.from(makeTar([{ path: 'x', content: 'abc' }, packageJson]))
    tar[124] = first
    sealHeader(tar.subarray(0, 512))
    refuses(gzipSync(tar))
  })
}

for (const [what, change] of [
  ['an owner that is malformed', (header: Buffer) => header.fill(0x81, 108, 109)],
  ['a device that is malformed', (header: Buffer) => header.fill(0xfe, 329, 330)],
  ['a time before all times', (header: Buffer) => header.fill(0xff, 136, 137)],
  ['a prefix that starts with NUL', (header: Buffer) => header.fill('x', 475, 476)],
  ['a name that is empty', (header: Buffer) => header.fill(0, 0, 100)],
] as const) {
  test(`readTarball() refuses ${what}`, () => {
    const tar = Buffer.from(makeTar([{ path: 'x' }, packageJson]))
    change(tar.subarray(0, 512))
    sealHeader(tar.subarray(0, 512))
    refuses(gzipSync(tar))
  })
}

test('readTarball() takes a time before 1970', () => {
  const tar = Buffer.from(makeTar([packageJson]))
  tar.fill(0xff, 136, 148)
  sealHeader(tar.subarray(0, 512))
  assert.equal(readTarball(gzipSync(tar)).files.length, 1)
})

test('readTarball() refuses a checksum without an end', () => {
  const tar = Buffer.from(makeTar([packageJson]))
  sealHeader(tar.subarray(0, 512))
  tar.write(tar.toString('latin1', 148, 154).padStart(8, '0'), 148, 'latin1')
  refuses(gzipSync(tar))
})

test('readTarball() refuses a size that is not octal', () => {
  const tar = Buffer.from(makeTar([packageJson]))
  tar.write('0x', 124)
  sealHeader(tar.subarray(0, 512))
  refuses(gzipSync(tar))
})

test('readTarball() takes an extended size for the next file only', () => {
  const header = { path: 'h', type: 'x', content: paxRecord('size', '3') }
  const tar = Buffer.from(makeTar([header, { path: 'a', content: 'abc' }, packageJson]))
  tar.write('0'.repeat(11), 1024 + 124) // The header of "a" says 0.
  sealHeader(tar.subarray(1024, 1536))
  const [a] = readTarball(gzipSync(tar)).files
  assert.equal(a?.size, 3)
})

test('readTarball() reads concatenated gzip members as one, and ignores zeros after the last', () => {
  const tar = makeTar([packageJson, { path: 'a' }])
  const parts = [gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700)), Buffer.alloc(100)]
  assert.equal(readTarball(Buffer.concat(parts)).files.length, 2)
})

test('readTarball() refuses a gzip member behind zeros, which some readers see and others do not', () => {
  const shown = gzipSync(makeTar([packageJson], { end: false }))
  const hidden = gzipSync(makeTar([{ path: 'package.json', content: '{"scripts":{}}' }]))
  for (const zeros of [1, 512, 70_000]) {
    refuses(Buffer.concat([shown, Buffer.alloc(zeros), hidden]))
    refuses(Buffer.concat([shown, Buffer.alloc(zeros), Buffer.from('x')]))
  }
})

test('readTarball() takes an archive without the empty blocks at its end', () => {
  assert.equal(readTarball(makeTarball([packageJson], { end: false })).files.length, 1)
})

test('readTarball() takes an archive that ends with one empty block', () => {
  const tar = makeTar([packageJson], { end: false })
  assert.equal(readTarball(gzipSync(Buffer.concat([tar, Buffer.alloc(512)]))).files.length, 1)
})

test('readTarball() ignores what follows two empty blocks', () => {
  const tar = Buffer.concat([makeTar([packageJson]), makeTar([{ path: 'a' }])])
  assert.equal(readTarball(gzipSync(tar)).files.length, 1)
})

test('readTarball() refuses an archive that goes on after one empty block', () => {
  const parts = [
    makeTar([packageJson], { end: false }),
    Buffer.alloc(512),
    makeTar([{ path: 'a' }]),
  ]
  refuses(gzipSync(Buffer.concat(parts)))
})

const broken: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array()],
  ['one byte', Uint8Array.of(0x1f)],
  ['a tar that is not gzipped', makeTar([packageJson])],
  ['the first half of a gzip', makePackage({ name: 'p', version: '1.0.0' }).subarray(0, 60)],
  ['a gzip of nothing', gzipSync('')],
  ['a gzip of text', gzipSync('hello '.repeat(200))],
  ['an archive that ends in a header', gzipSync(makeTar([packageJson]).subarray(0, 300))],
  ['an archive that ends in a file', gzipSync(makeTar([packageJson]).subarray(0, 520))],
]
for (const [what, bytes] of broken) {
  test(`readTarball() refuses ${what}`, () => refuses(bytes))
}

test('readTarball() refuses too many files, too many bytes and bombs as too large', () => {
  const three = makeTarball([packageJson, { path: 'a' }, { path: 'b' }])
  assert.equal(readTarball(three, { maxFiles: 3 }).files.length, 3)
  tooLarge(() => readTarball(three, { maxFiles: 2 }))
  tooLarge(() => readTarball(three, { maxUnpackedBytes: 1000 }))
  const headers = Array.from({ length: 50 }, () => ({
    path: 'h',
    type: 'x',
    content: paxRecord('a', 'b'),
  }))
  tooLarge(() => readTarball(makeTarball([packageJson, ...headers]), { maxFiles: 5 }))
  const bomb = makeTarball([packageJson, { path: 'zeros', content: new Uint8Array(2 ** 22) }])
  assert.equal(readTarball(bomb).unpackedSize, 2 ** 22 + 30)
  tooLarge(() => readTarball(bomb, { ratioFreeBytes: 2 ** 20 }))
})

test('readTarball() gives the digests of what it read, and copies nothing', () => {
  const { files, packageJson: bytes } = readTarball(
    makePackage({ name: 'p', version: '1.0.0' }, { a: 'abc', b: '' }),
  )
  for (const file of files) {
    assert.equal(file.sha256, hash('sha256', file.content, 'hex'))
    assert.equal(file.size, file.content.length)
  }
  assert.equal(files[0]?.content.buffer, bytes.buffer)
})

test('readTarball() finds the same files whatever the form of long names', () => {
  const path = `${'folder/'.repeat(20)}${'name'.repeat(20)}.js`
  const read = (['pax', 'gnu', 'ustar'] as const).map(
    (longNames) =>
      readTarball(makeTarball([packageJson, { path, content: 'x' }], { longNames })).fileList,
  )
  assert.equal(new Set(read).size, 1)
  assert.match(read[0] ?? '', /folder\/namename/)
})

test('readTarball() throws nothing but a SteleError when bytes of the archive change', () => {
  const tar = Buffer.from(
    gunzipSync(
      makeTarball([
        packageJson,
        { path: 'd'.repeat(120) },
        { path: 'lib/é', content: 'abc' },
        { path: 'l', type: '2', linkpath: 'x' },
      ]),
    ),
  )
  const change = fc.record({ at: fc.nat(tar.length - 1), byte: fc.nat(255), seal: fc.boolean() })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const copy = Buffer.from(tar)
      for (const { at, byte, seal } of changes) {
        copy[at] = byte
        if (seal) sealHeader(copy.subarray(at - (at % 512), at - (at % 512) + 512))
      }
      readsOrRefuses(gzipSync(copy, { level: 1 }))
    }),
    { numRuns: 800 },
  )
})

test('readTarball() throws nothing but a SteleError for any bytes, gzipped or not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      readsOrRefuses(bytes)
      readsOrRefuses(gzipSync(bytes, { level: 1 }))
    }),
    { numRuns: 200 },
  )
})

test('readTarball() throws nothing but a SteleError when a bit of the gzip flips', () => {
  const bytes = makePackage({ name: 'p', version: '1.0.0' })
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const copy = Uint8Array.from(bytes)
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    readsOrRefuses(copy)
  }
})

function readsOrRefuses(bytes: Uint8Array): void {
  try {
    readTarball(bytes)
  } catch (error) {
    assert.ok(isSteleError(error), String(error))
  }
}

function refuses(bytes: Uint8Array): void {
  assert.throws(
    () => readTarball(bytes),
    (error) => isSteleError(error, 'tarball_invalid'),
  )
}

function tooLarge(read: () => unknown): void {
  assert.throws(read, (error) => isSteleError(error, 'tarball_too_large'))
}
