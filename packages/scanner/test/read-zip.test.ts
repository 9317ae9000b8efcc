import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeZip } from '../../faces/src/jsregistry/write-zip.ts'
import { type MadeEntry, makeZip } from '../../faces/test/make-zip.ts'
import { maxZipEntries, maxZipUnpackedBytes } from '../src/limits.ts'
import { readZip } from '../src/read-zip.ts'

const packageJson: MadeEntry = { path: 'package.json', content: '{"name":"a","version":"1.0.0"}' }

test('readZip() gives paths, modes and contents, of deflated files and of stored ones', async () => {
  const zip = makeZip([
    { path: 'bin/', mode: 0o040755 },
    { path: 'bin/run.js', mode: 0o100755, content: 'run()' },
    { path: 'kärte', method: 0, content: 'ä' },
    { path: 'empty', mode: 0 },
  ])
  const files = (await readZip(zip)).map((one) => ({
    ...one,
    content: Buffer.from(one.content).toString(),
  }))
  assert.deepEqual(files, [
    { path: 'bin/run.js', mode: 755, content: 'run()' },
    { path: 'kärte', mode: 644, content: 'ä' },
    { path: 'empty', mode: 644, content: '' },
  ])
})

test('readZip() gives back what writeZip() wrote', async () => {
  const files = [
    { path: 'a/b.js', mode: 755 as const, content: Buffer.from('b') },
    { path: 'ä', mode: 644 as const, content: Buffer.from('') },
  ]
  const read = await readZip(await writeZip(files))
  const shown = read.map((one) => ({ ...one, content: Buffer.from(one.content) }))
  assert.deepEqual(shown, files)
})

const sound = makeZip([packageJson, { path: 'index.js', content: 'x'.repeat(1000), method: 0 }])
const zeros = Buffer.alloc(2 ** 20)
const other = /has another name, or kind, where its data is/
const both = /"a\/?" is a file and a folder/
const emptyFiles = (count: number): readonly MadeEntry[] =>
  Array.from({ length: count }, (_, at) => ({ path: `f${at}`, method: 0 }))
const link = { path: 'link', content: '/etc/passwd', mode: 0o120777 }

const bad: readonly (readonly [claim: string, zip: Uint8Array, reason: RegExp])[] = [
  ['nothing', Buffer.alloc(0), /not a sound zip/],
  ['text', Buffer.from('hello '.repeat(100)), /not a sound zip/],
  ['a gzip', Buffer.from([0x1f, 0x8b, 8, 0, ...Buffer.alloc(60)]), /not a sound zip/],
  ['one that is cut', sound.subarray(0, sound.length - 30), /not a sound zip/],
  ['one whose start is missing', sound.subarray(40), /not a sound zip/],
  ['a path that leaves the folder', makeZip([{ path: '../x' }]), /relative path|segment/],
  ['one that does in its middle', makeZip([{ path: 'a/../../x' }]), /relative path|segment/],
  ['an absolute path', makeZip([{ path: '/etc/x' }]), /absolute path/],
  ['a path with a drive', makeZip([{ path: 'C:/x' }]), /absolute path/],
  ['a path with a backslash', makeZip([{ path: 'a\\..\\x' }]), /characters|backslash/],
  ['a path with a line feed', makeZip([{ path: 'a\nb' }]), /control character/],
  ['a path with a NUL', makeZip([{ path: 'a\0b' }]), /control character/],
  ['an empty path', makeZip([{ path: '' }]), /empty segment/],
  ['an empty segment', makeZip([{ path: 'a//b' }]), /empty segment/],
  ['a path that is too long', makeZip([{ path: 'a'.repeat(5000) }]), /too long/],
  ['a path that is not UTF-8', makeZip([{ path: Uint8Array.of(0xff, 0xfe) }]), /not in UTF-8/],
  ['a path in an old encoding', makeZip([{ path: 'ä', flags: 0 }]), /not in UTF-8/],
  ['a link', makeZip([packageJson, link]), /link or a special file/],
  ['a device', makeZip([{ path: 'null', mode: 0o020666 }]), /link or a special file/],
  ['the same path twice', makeZip([packageJson, packageJson]), /in it twice/],
  ['an encrypted file', makeZip([{ ...packageJson, flags: 0x801 }]), /is encrypted/],
  ['another compression', makeZip([{ ...packageJson, method: 14 }]), /compressed with method 14/],
  [
    'a wrong checksum',
    makeZip([{ ...packageJson, crc: 1 }]),
    /checksum of "package.json" is wrong/,
  ],
  ['a file that is longer than it says', makeZip([{ ...packageJson, size: 3 }]), /another size/],
  ['a file that is shorter', makeZip([{ ...packageJson, size: 300 }]), /another size/],
  [
    'a stored file of another size',
    makeZip([{ ...packageJson, method: 0, size: 3 }]),
    /size mismatch/,
  ],
  ['deflate that is none', makeZip([{ path: 'x', size: 3, data: zeros }]), /not a sound zip/],
  ['a bomb that says so', makeZip([{ path: 'x', size: 10 * 2 ** 28 }]), /unpacks to more than/],
  ['a bomb that denies it', makeZip([{ path: 'x', content: zeros, size: 10 }]), /another size/],
  [
    'many files that are too much together',
    makeZip(Array.from({ length: 65 }, (_, at) => ({ path: `${at}`, content: zeros }))),
    new RegExp(`more than ${maxZipUnpackedBytes} bytes`),
  ],
  ['more entries than are taken', makeZip([packageJson], maxZipEntries + 1), /has 20001 entries/],
  ['100,000 empty files', makeZip(emptyFiles(100_000)), /has 34464 entries/],
  ['65,537 empty files, which count as one', makeZip(emptyFiles(65_537)), /list of files/],
  ['a count that leaves a file out', makeZip([packageJson, { path: 'b' }], 1), /list of files/],
  ['a file with another name before its data', makeZip([{ path: 'a', localPath: 'b' }]), other],
  ['another compression before its data', makeZip([{ path: 'a', localMethod: 0 }]), other],
  ['files that share their data', makeZip([{ path: 'a' }, { path: 'b', overlaps: true }]), other],
  ['a file that is a folder', makeZip([{ path: 'a/b' }, { path: 'a-' }, { path: 'a' }]), both],
  ['a file and a folder of the same name', makeZip([{ path: 'a/' }, { path: 'a' }]), both],
  ['a name that no disk holds', makeZip([{ path: `a/${'ä'.repeat(128)}` }]), /too long/],
  ['a path with half a character', makeZip([{ path: Uint8Array.of(0x61, 0xc3) }]), /not in UTF-8/],
  ['a path in UTF-16', makeZip([{ path: Buffer.from('ä/b', 'utf16le') }]), /control|not in UTF-8/],
  ['a path in CP437', makeZip([{ path: Uint8Array.of(0x84), flags: 0 }]), /not in UTF-8/],
  ['a strongly encrypted file', makeZip([{ ...packageJson, flags: 0x841 }]), /not a sound zip/],
]

for (const [claim, zip, reason] of bad) {
  test(`readZip() refuses ${claim}`, async () => {
    await assert.rejects(readZip(zip), { code: 'upload_invalid', message: reason })
  })
}

test('readZip() refuses whatever is cut off anywhere, or gives all of it', async () => {
  const whole = await readZip(sound)
  for (let length = 0; length < sound.length; length += 7) {
    await assert.rejects(readZip(sound.subarray(0, length)), { code: 'upload_invalid' })
  }
  assert.equal(whole.length, 2)
})
