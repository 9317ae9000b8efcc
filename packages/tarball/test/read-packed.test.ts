// The two readers of tarballs say the same of every tarball, and one of them needs little memory for it.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { isSteleError } from '@stele/errors'
import { makeTar, makeTarball, roundsOf, type TarEntry } from '@stele/testkit'
import fc from 'fast-check'
import { findReadme, type Packed, readPackedTarball, readTarball } from '../src/index.ts'

function packedOf(bytes: Uint8Array, pieceBytes: number): Packed {
  return {
    sizeBytes: bytes.length,
    pieces: async function* (start) {
      for (let at = start; at < bytes.length; at += pieceBytes)
        yield bytes.subarray(at, at + pieceBytes)
    },
  }
}

const limits = { maxUnpackedBytes: 10_000_000, ratioFreeBytes: 10_000_000 }
/** For what is too much: half a second less to make it. */
const low = { maxUnpackedBytes: 1_000_000, ratioFreeBytes: 500_000 }

/** What is the same for both: the error, or all that a release is made of. */
function whole(bytes: Uint8Array, under = limits): unknown {
  try {
    const { files, ...rest } = readTarball(bytes, under)
    const listed = files.map(({ content: _content, ...file }) => file)
    return {
      ...rest,
      packageJson: Buffer.from(rest.packageJson),
      files: listed,
      readme: findReadme(files),
    }
  } catch (error) {
    return errorOf(error)
  }
}

async function piecewise(bytes: Uint8Array, pieceBytes: number, under = limits): Promise<unknown> {
  try {
    const found = await readPackedTarball(packedOf(bytes, pieceBytes), under)
    return { ...found, packageJson: Buffer.from(found.packageJson) }
  } catch (error) {
    return errorOf(error)
  }
}

function errorOf(error: unknown): string {
  assert.ok(isSteleError(error), String(error))
  return `${error.code}: ${error.message}`
}

const packageJson: TarEntry = { path: 'package.json', content: '{"name":"p","version":"1.0.0"}' }
const readme: TarEntry = { path: 'README.md', content: '# p' }
const megabyte = 'x'.repeat(1024 * 1024)
const tar = makeTar([packageJson, readme, { path: 'a.js', content: 'x'.repeat(3000) }])
const good = gzipSync(tar)
const halves = [gzipSync(tar.subarray(0, 1000)), gzipSync(tar.subarray(1000))] as const

const tarballs: readonly (readonly [claim: string, bytes: Uint8Array, under?: typeof limits])[] = [
  ['a package', good],
  ['a package of several gzip members', Buffer.concat(halves)],
  ['zeros behind the gzip', Buffer.concat([good, Buffer.alloc(5000)])],
  ['a byte behind the gzip', Buffer.concat([good, Buffer.from('x')])],
  ['a member behind zeros', Buffer.concat([halves[0], Buffer.alloc(7), halves[1]])],
  ['a gzip that is cut', good.subarray(0, -9)],
  [
    'a gzip that is bent',
    Buffer.concat([good.subarray(0, 60), Buffer.from('bent'), good.subarray(64)]),
  ],
  ['no gzip', Buffer.from('this is no gzip')],
  ['nothing', new Uint8Array()],
  ['an archive that ends inside a header', gzipSync(tar.subarray(0, 700))],
  ['an archive that ends inside a file', gzipSync(tar.subarray(0, 2600))],
  ['an archive that goes on after its end', gzipSync(Buffer.concat([tar.subarray(0, -512), tar]))],
  ['an archive without an end', makeTarball([packageJson], { end: false })],
  ['no package.json', makeTarball([readme])],
  ['a package.json that is both', makeTarball([packageJson, { path: 'package.json/a' }])],
  [
    'many READMEs',
    makeTarball([
      packageJson,
      ...'abcdefgh'.split('').map((end) => ({ path: `readme.${end}`, content: megabyte })),
    ]),
  ],
  [
    'the right README behind many that are large',
    makeTarball([
      ...Array.from({ length: 6 }, () => ({ path: 'README', content: megabyte })),
      ...Array.from({ length: 3 }, (_, at) => ({ path: 'README.md', content: `${at}` })),
      packageJson,
    ]),
  ],
  [
    'a README that is replaced by a larger one',
    makeTarball([packageJson, readme, { path: 'README.md', content: `${megabyte}x` }]),
  ],
  [
    'a package.json in another folder, later',
    makeTarball(
      [
        { path: 'a/package.json', content: '{}' },
        { path: 'b/package.json', content: '[]' },
      ],
      { prefix: '' },
    ),
  ],
  ['too much', makeTarball([packageJson, { path: 'a', content: randomBytes(1_100_000) }]), low],
  ['a bomb', makeTarball([packageJson, { path: 'a', content: Buffer.alloc(600_000) }]), low],
]
for (const [claim, bytes, under] of tarballs) {
  test(`readPackedTarball() says what readTarball() says of ${claim}`, async () => {
    for (const pieceBytes of [997, 65_536]) {
      assert.deepEqual(await piecewise(bytes, pieceBytes, under), whole(bytes, under))
    }
  })
}

test('readPackedTarball() says what readTarball() says when any byte of the archive differs', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(tar.length - 1),
      fc.nat(255),
      fc.integer({ min: 2, max: 9000 }),
      async (at, byte, piece) => {
        const bent = Uint8Array.from(tar)
        bent[at] = byte
        const bytes = gzipSync(bent)
        assert.deepEqual(await piecewise(bytes, piece), whole(bytes))
      },
    ),
    { numRuns: roundsOf({ modest: 60, full: 1_000 }) },
  )
})

test('readPackedTarball() refuses a package.json of over 1 MiB', async () => {
  const bytes = makeTarball([{ path: 'package.json', content: `"${megabyte}"` }])
  assert.match(String(await piecewise(bytes, 9999)), /^tarball_too_large: .*package\.json/)
})
